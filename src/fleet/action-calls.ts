import type { XmlRpcValue } from '../base/xmlrpc-value.ts';
import type { Action } from '../store/state/actions.ts';
import { type ActionKind, actionKind, announced } from './action-kinds.ts';
import type { Advisories } from './advisories.ts';

/** An action as a client gets it. */
export interface HandedOut {
  id: number;
  /** The method that the client runs. */
  kind: string;
  params: XmlRpcValue[];
}

/** The call, with what is to be noted of it; or why the instance cannot do it. */
export type Call = { call: HandedOut; note: object | null } | { refusal: string };

export interface CallsDeps {
  advisories: Pick<Advisories, 'numberOf' | 'packages'>;
}

/** Makes what clients get of actions, when they are handed out. */
export function createCalls({ advisories }: CallsDeps) {
  /** The numbers of the advisories that the instance's sources have, and the others: a client fails on one without packages. */
  async function applicable(instance: number, ids: readonly string[]) {
    const numbers: number[] = [];
    const leftOut: string[] = [];
    for (const id of ids) {
      const found = await advisories.packages(instance, id);
      if (found.length === 0) leftOut.push(id);
      else numbers.push(await advisories.numberOf(id));
    }
    return { numbers, leftOut };
  }

  return {
    async of(
      instance: { id: number; capabilities: string },
      action: Pick<Action, 'id' | 'kind' | 'params'>,
      now: Date,
    ): Promise<Call> {
      const kind = actionKind(action.kind);
      if (!kind) return { refusal: `this version of the server has no actions ${action.kind}` };
      const lacking = lacks(kind, instance.capabilities);
      if (lacking) return { refusal: lacking };
      const wanted = (action.params as { advisories?: string[] }).advisories;
      const { numbers, leftOut } = await applicable(instance.id, wanted ?? []);
      if (wanted && numbers.length === 0) {
        return { refusal: `none of its sources has a package of ${leftOut.join(', ')}` };
      }
      const params = kind.call(action.params as never, { id: action.id, now, numbers });
      const note = leftOut.length > 0 ? { leftOut } : null;
      return { call: { id: action.id, kind: kind.method, params }, note };
    },
  };
}

/** Why an instance with these capabilities cannot do something; undefined where it can. */
export function lacks({ needs }: ActionKind, capabilities: string): string | undefined {
  if (needs === undefined || announced(capabilities, needs)) return undefined;
  return `it did not announce ${needs}`;
}
