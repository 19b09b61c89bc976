import { fits } from './fleet/fits.ts';
import type { Groups } from './fleet/groups.ts';
import type { Instance, Instances } from './fleet/instances.ts';
import type { Search, Targets } from './jobs/targets.ts';

export interface JobTargetDeps {
  instances: Pick<Instances, 'get' | 'list'>;
  groups: Pick<Groups, 'list' | 'members'>;
  hasCompartment(path: string): boolean;
  /** How many updates instances lack, by kind. */
  lacks(ids: readonly number[]): Promise<ReadonlyMap<number, Lacking>>;
}

/** Numbers of updates. */
export type Lacking = Readonly<Record<Exclude<Search['hasUpdates'], 'any' | undefined>, number>>;

/** Which instances jobs are for, as things are when it is asked. */
export function createJobTargets({ instances, groups, hasCompartment, lacks }: JobTargetDeps) {
  async function found({ release, arch, hasUpdates, ...search }: Search): Promise<number[]> {
    const listed = await instances.list(search);
    const ids = listed.filter((one) => fits({ release, arch }, one)).map(({ id }) => id);
    if (hasUpdates === undefined) return ids;
    const counts = await lacks(ids);
    return ids.filter((id) => isLacking(counts.get(id), hasUpdates));
  }

  async function resolve(targets: Targets): Promise<{ instances: number[]; missing: string[] }> {
    const ids = new Set<number>();
    const missing: string[] = [];
    for (const id of targets.instances) {
      if (await instances.get(id)) ids.add(id);
      else missing.push(`instance ${id}`);
    }
    const known = new Set((await groups.list()).map(({ name }) => name));
    for (const name of targets.groups) {
      if (!known.has(name)) missing.push(`group ${name}`);
      else for (const id of await groups.members(name)) ids.add(id);
    }
    for (const compartment of targets.compartments) {
      if (!hasCompartment(compartment)) missing.push(`compartment ${compartment}`);
      else for (const { id } of await instances.list({ compartment })) ids.add(id);
    }
    if (targets.search) for (const id of await found(targets.search)) ids.add(id);
    return { instances: [...ids].sort((a, b) => a - b), missing };
  }

  return {
    resolve,

    /** Whether an instance is among them. */
    async include(targets: Targets, instance: Instance): Promise<boolean> {
      if (targets.instances.includes(instance.id)) return true;
      if (targets.groups.some((name) => instance.groups.includes(name))) return true;
      if (targets.compartments.some((path) => isIn(instance, path))) return true;
      const { search } = targets;
      if (!search || !fitsSearch(instance, search)) return false;
      if (search.hasUpdates === undefined) return true;
      const counts = await lacks([instance.id]);
      return isLacking(counts.get(instance.id), search.hasUpdates);
    },
  };
}

export type JobTargets = ReturnType<typeof createJobTargets>;

function isLacking(counts: Lacking | undefined, kind: Search['hasUpdates']): boolean {
  if (!counts || kind === undefined) return false;
  if (kind !== 'any') return counts[kind] > 0;
  const { security, bugfix, enhancement, ksplice, other } = counts;
  return security + bugfix + enhancement + ksplice + other > 0;
}

function fitsSearch(instance: Instance, search: Search): boolean {
  const { name, tag, group, compartment, release, arch } = search;
  return (
    fits({ release, arch }, instance) &&
    (name === undefined || instance.name.includes(name)) &&
    (tag === undefined || instance.tags.includes(tag)) &&
    (group === undefined || instance.groups.includes(group)) &&
    (compartment === undefined || isIn(instance, compartment))
  );
}

const isIn = ({ compartment }: Instance, path: string): boolean =>
  path === '' || compartment === path || (compartment ?? '').startsWith(`${path}:`);
