import type { XmlRpcValue } from '../base/xmlrpc-value.ts';
import type { Action } from '../store/state/actions.ts';
import { type ActionKind, actionKind, type NamedPackage } from './action-kinds.ts';
import type { Advisories } from './advisories.ts';
import { capabilityVersion } from './capabilities.ts';
import { type Build, latestInstalled, type NamedBuilds, newestFor } from './updates.ts';

/** An action as a client gets it. */
export interface HandedOut {
  id: number;
  /** The method that the client runs. */
  kind: string;
  params: XmlRpcValue[];
}

/** The call, with what is to be noted of it; or why the instance cannot do it. */
export type Call = { call: HandedOut; note: Note | null } | { refusal: string };

interface Note {
  /** Names of what does not apply to the instance. */
  leftOut: string[];
}

export interface CallsDeps {
  advisories: Pick<Advisories, 'numberOf' | 'packages'>;
  /** What an instance has installed, as it said last. */
  installed(instance: number): Promise<Build[]>;
  /** What the channels of an instance have of some names. */
  builds(instance: number, names: readonly string[]): Promise<NamedBuilds[]>;
}

/** What of an action applies to an instance. */
interface Applicable {
  params: unknown;
  numbers: number[];
  leftOut: string[];
}

/** Makes what clients get of actions, when they are handed out. */
export function createCalls({ advisories, installed, builds }: CallsDeps) {
  /** The advisories of which the instance's sources have packages: a client fails on one without any. */
  async function advisoriesFor(instance: number, ids: readonly string[]) {
    const numbers: number[] = [];
    const leftOut: string[] = [];
    for (const id of ids) {
      const found = await advisories.packages(instance, id);
      if (found.length === 0) leftOut.push(id);
      else numbers.push(await advisories.numberOf(id));
    }
    return { numbers, leftOut };
  }

  /**
   * What is to be updated with the version that it is to have: told a name alone, clients install what is not there, and leave
   * alone what is.
   */
  async function updatesFor(instance: number, wanted: readonly NamedPackage[]) {
    const bare = wanted.filter((p) => p.version === '');
    const profile = bare.length > 0 ? await installed(instance) : [];
    // Of an instance that did not say yet what it has nothing is known.
    if (profile.length === 0) return { packages: [...wanted], leftOut: [] };
    const names = [...new Set(bare.map((p) => p.name))].sort();
    const channels = await builds(instance, names);
    const there = latestInstalled(profile.filter((p) => names.includes(p.name)));
    const packages = wanted.filter((p) => p.version !== '');
    const leftOut: string[] = [];
    for (const { name, arch } of bare) {
      const own = there.filter((p) => p.name === name && (arch === '' || p.arch === arch));
      if (own.length === 0) leftOut.push(arch === '' ? name : `${name}.${arch}`);
      packages.push(...own.map((p) => newestFor(p, channels)));
    }
    return { packages, leftOut };
  }

  async function applicable(
    instance: number,
    { kind, params }: Pick<Action, 'kind' | 'params'>,
  ): Promise<Applicable | { refusal: string }> {
    if (kind === 'errata.update') {
      const ids = (params as { advisories: string[] }).advisories;
      const { numbers, leftOut } = await advisoriesFor(instance, ids);
      if (numbers.length > 0) return { params, numbers, leftOut };
      return { refusal: `none of its sources has a package of ${leftOut.join(', ')}` };
    }
    if (kind === 'packages.update') {
      const wanted = (params as { packages: NamedPackage[] }).packages;
      const { packages, leftOut } = await updatesFor(instance, wanted);
      if (packages.length > 0) return { params: { packages }, numbers: [], leftOut };
      return { refusal: `it does not have ${leftOut.join(', ')}` };
    }
    return { params, numbers: [], leftOut: [] };
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
      const found = await applicable(instance.id, action);
      if ('refusal' in found) return found;
      const { numbers, leftOut } = found;
      const params = kind.call(found.params as never, { id: action.id, now, numbers });
      const note = leftOut.length > 0 ? { leftOut } : null;
      return { call: { id: action.id, kind: kind.method, params }, note };
    },
  };
}

/** Why an instance with these capabilities cannot do something; undefined where it can. */
export function lacks({ needs }: ActionKind, capabilities: string): string | undefined {
  if (needs === undefined || capabilityVersion(capabilities, needs) !== undefined) return undefined;
  return `it did not announce ${needs}`;
}
