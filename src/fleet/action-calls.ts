import type { UpdateKind } from '../base/update-kinds.ts';
import type { XmlRpcValue } from '../base/xmlrpc-value.ts';
import { compareEvr } from '../repodata/evr.ts';
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

/** The call, with what is to be noted of it; or why the instance cannot do it, or need not. */
export type Call =
  | { call: HandedOut; note: Note | null }
  | { refusal: string }
  | { nothing: string };

/** What is noted of what was handed out. */
export interface Note {
  /** Names of what does not apply to the instance. */
  leftOut?: string[];
  /** What is to be there afterwards; of a removal what is not to be there. Only where a run or a work request wants to know. */
  asked?: NamedPackage[];
}

export interface CallsDeps {
  advisories: Pick<Advisories, 'numberOf' | 'packages'>;
  /** What an instance has installed, as it said last. */
  installed(instance: number): Promise<Build[]>;
  /** Names of packages that work brought which the instance was given since. */
  brought?(instance: number): Promise<ReadonlySet<string>>;
  /** What the channels of an instance have of some names. */
  builds(instance: number, names: readonly string[]): Promise<NamedBuilds[]>;
  /** The updates of some kinds that an instance lacks. */
  updates(instance: number, kinds: readonly UpdateKind[] | 'all'): Promise<Build[]>;
}

/** What of an action applies to an instance. */
interface Applicable {
  params: unknown;
  numbers: number[];
  leftOut: string[];
  asked?: NamedPackage[];
}

type Found = Applicable | { refusal: string } | { nothing: string };
type Asked = Pick<Action, 'kind' | 'params' | 'workRequest'>;

/** Makes what clients get of actions, when they are handed out. */
export function createCalls({ advisories, installed, brought, builds, updates }: CallsDeps) {
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

  /** Packages that the instance has not, and none of its sources has. */
  async function missing(instance: number, wanted: readonly NamedPackage[]): Promise<string[]> {
    const channels = await builds(instance, [...new Set(wanted.map((p) => p.name))].sort());
    const offered = channels.flatMap((c) => c.builds);
    const lacking = wanted.filter((p) => !offered.some((build) => isMeant(p, build)));
    if (lacking.length === 0) return [];
    const profile = await installed(instance);
    return lacking.filter((p) => !profile.some((build) => isMeant(p, build))).map(wordOf);
  }

  async function updatesOf(instance: number, kinds: readonly UpdateKind[] | 'all'): Promise<Found> {
    const profile = await installed(instance);
    if (profile.length === 0) return { refusal: 'it never said what it has installed' };
    const found = await updates(instance, kinds);
    if (found.length === 0) return { nothing: 'there was nothing to update' };
    const packages = found.map(({ name, epoch, version, release, arch }) => ({
      ...{ name, epoch, version, release, arch },
    }));
    return { params: { packages }, numbers: [], leftOut: [], asked: packages };
  }

  /** What is not there need not be removed: clients call that a failure. */
  async function removable(instance: number, wanted: readonly NamedPackage[]): Promise<Found> {
    const profile = await installed(instance);
    const since = await brought?.(instance);
    const isThere = (p: NamedPackage) =>
      profile.length === 0 || since?.has(p.name) || profile.some((build) => isMeant(p, build));
    const packages = wanted.filter(isThere);
    const leftOut = wanted.filter((p) => !isThere(p)).map(wordOf);
    if (packages.length === 0) return { nothing: `it does not have ${leftOut.join(', ')}` };
    return { params: { packages }, numbers: [], leftOut, asked: packages };
  }

  async function applicable(
    instance: number,
    { kind, params, workRequest }: Asked,
  ): Promise<Found> {
    if (kind === 'errata.update') {
      const ids = (params as { advisories: string[] }).advisories;
      const { numbers, leftOut } = await advisoriesFor(instance, ids);
      if (numbers.length > 0) return { params, numbers, leftOut };
      return { refusal: `none of its sources has a package of ${leftOut.join(', ')}` };
    }
    if (kind === 'updates.install') {
      return updatesOf(instance, (params as { kinds: UpdateKind[] | 'all' }).kinds);
    }
    const { packages: wanted } = params as { packages: NamedPackage[] };
    const isOfWork = workRequest !== null;
    if (isOfWork && kind === 'packages.remove') return removable(instance, wanted);
    if (kind === 'packages.update') {
      const { packages, leftOut } = await updatesFor(instance, wanted);
      if (packages.length === 0) return { refusal: `it does not have ${leftOut.join(', ')}` };
      const lacking = isOfWork ? await missing(instance, packages) : [];
      if (lacking.length > 0) return { refusal: noSourceHas(lacking) };
      return { params: { packages }, numbers: [], leftOut, asked: packages };
    }
    if (isOfWork && kind === 'packages.install') {
      const lacking = await missing(instance, wanted);
      if (lacking.length > 0) return { refusal: noSourceHas(lacking) };
      return { params, numbers: [], leftOut: [], asked: wanted };
    }
    return { params, numbers: [], leftOut: [] };
  }

  return {
    async of(
      instance: { id: number; capabilities: string },
      action: Asked & Pick<Action, 'id'>,
      now: Date,
    ): Promise<Call> {
      const kind = actionKind(action.kind);
      if (!kind) return { refusal: `this version of the server has no actions ${action.kind}` };
      const lacking = lacks(kind, instance.capabilities);
      if (lacking) return { refusal: lacking };
      const found = await applicable(instance.id, action);
      if ('refusal' in found || 'nothing' in found) return found;
      const { numbers, leftOut, asked } = found;
      const params = kind.call(found.params as never, { id: action.id, now, numbers });
      const note = {
        ...(leftOut.length > 0 && { leftOut }),
        ...(asked && action.workRequest !== null && { asked }),
      };
      return {
        call: { id: action.id, kind: kind.method, params },
        note: Object.keys(note).length > 0 ? note : null,
      };
    },
  };
}

/** Whether a build is one that is named; what is not said of it may be anything. */
export function isMeant(named: NamedPackage, build: Build): boolean {
  if (named.name !== build.name || (named.arch !== '' && named.arch !== build.arch)) return false;
  return named.version === '' || compareEvr(named, build) === 0;
}

const wordOf = ({ name, epoch, version, release, arch }: NamedPackage): string => {
  const evr = version === '' ? '' : `-${Number(epoch) > 0 ? `${epoch}:` : ''}${version}-${release}`;
  return `${name}${evr}${arch === '' ? '' : `.${arch}`}`;
};

const noSourceHas = (names: readonly string[]): string =>
  `none of its sources has ${names.join(', ')}`;

/** Why an instance with these capabilities cannot do something; undefined where it can. */
export function lacks({ needs }: ActionKind, capabilities: string): string | undefined {
  if (needs === undefined || capabilityVersion(capabilities, needs) !== undefined) return undefined;
  return `it did not announce ${needs}`;
}
