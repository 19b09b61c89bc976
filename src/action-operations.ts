import { AppError } from './base/errors.ts';
import type { Actions } from './fleet/actions.ts';
import type { ActionOperations } from './server/control/actions.ts';

interface Deps {
  actions: Actions;
  instance(id: number): Promise<object | undefined>;
}

const mostListed = 10_000;

/** The operations on actions of instances. */
export function createActionOperations({ actions, instance }: Deps): ActionOperations {
  return {
    createActions: (instances, request, by) => actions.create(instances, request, `user:${by}`),

    async listActions(id, limit) {
      if (!(await instance(id))) {
        throw new AppError('not_found', `there is no instance ${id}`, {
          hint: '`headwater instance list` lists them',
        });
      }
      return actions.list(id, Math.min(limit, mostListed));
    },

    showAction: (id) => actions.show(id),
    cancelAction: (id, by) => actions.cancel(id, `user:${by}`),
  };
}
