import { AppError } from './base/errors.ts';
import { timeOf } from './base/filters.ts';
import type { Rollout } from './fleet/run-types.ts';
import { operationTypeOf, parseWork, saidOfWork } from './fleet/run-work.ts';
import type { Managed } from './managed.ts';
import type { RunOperations, WorkRequested } from './server/control/runs.ts';

type Deps = Pick<Managed, 'runs' | 'groups' | 'instances'>;

const mostListed = 10_000;

/** The operations on work of instances. */
export function createRunOperations({ runs, groups, instances }: Deps): RunOperations {
  /** Which instances are meant, and the compartment that their work is in. */
  async function meant({ instances: ids, group }: WorkRequested) {
    if (group !== null) {
      const { compartment } = await groups.about(group);
      return { ids: await groups.members(group), compartment };
    }
    if (!ids || ids.length === 0) throw new AppError('usage', 'no instance is named');
    const compartments = new Set<string>();
    for (const id of ids) compartments.add((await instances.require(id)).compartment ?? '');
    const [first = ''] = compartments;
    return { ids: [...new Set(ids)], compartment: compartments.size === 1 ? first : '' };
  }

  return {
    async startWork(request) {
      const work = parseWork(request.work);
      const { ids, compartment } = await meant(request);
      const { group } = request;
      const rollout = rolloutOf(request, ids.length);
      const single = group === null && ids.length === 1;
      if (single && (rollout.maxAtOnce ?? rollout.stopAfter) !== undefined) {
        throw new AppError('usage', 'how many at once is said of several instances');
      }
      const said = saidOfWork(work);
      const { id } = await runs.start({
        ...{ work, instances: ids, single, compartment, by: `user:${request.by}` },
        description: request.description || (group === null ? said : `${said} (group ${group})`),
        operationType: operationTypeOf(work),
        ...(group !== null && { group }),
        ...(Object.keys(rollout).length > 0 && { rollout }),
      });
      return runs.show(id);
    },

    listRuns: ({ limit, ...filter }) =>
      runs.list({ ...filter, limit: Math.min(limit, mostListed) }),

    async showRun(id) {
      const run = await runs.show(id);
      const details = run.instance === undefined ? null : await runs.details(id);
      return { ...run, details };
    },

    listRunChildren: (id, { limit, ...page }) =>
      runs.children(id, { ...page, limit: Math.min(limit, mostListed) }),

    cancelRun: (id, { by }) => runs.cancel(id, `user:${by}`),
  };
}

function rolloutOf({ rollout }: WorkRequested, instances: number): Rollout {
  const { maxAtOnce, stopAfter, until } = rollout ?? {};
  const time = until == null ? undefined : timeOf(until);
  if (until != null && time === undefined) throw new AppError('usage', `${until} is no time`);
  return {
    ...(maxAtOnce != null && { maxAtOnce: countOf(maxAtOnce, instances) }),
    ...(stopAfter != null && { stopAfter: positive(stopAfter) }),
    ...(time !== undefined && { until: time }),
  };
}

/** A share is of all, and never of none. */
function countOf(said: number | string, instances: number): number {
  const share = /^(\d{1,3})%$/.exec(String(said))?.[1];
  if (share === undefined) return positive(Number(said));
  const percent = positive(Number(share));
  if (percent > 100) throw new AppError('usage', `${said} is more than all`);
  return Math.max(1, Math.floor((instances * percent) / 100));
}

function positive(count: number): number {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new AppError(
    'usage',
    'how many at once, and after how many failures to stop, is at least 1',
  );
}
