import { AppError } from '../base/errors.ts';
import type { Audit } from '../identity/audit.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Group, GroupTable } from '../store/state/groups.ts';
import {
  createGroupPlaces,
  type GroupChange,
  type GroupPlacesDeps,
  type ShownGroup,
} from './group-places.ts';
import type { Instance, Instances } from './instances.ts';
import { settleGroups, unfitFor } from './membership.ts';

export type { GroupChange, ShownGroup } from './group-places.ts';

export type Groups = ReturnType<typeof createGroups>;

interface Deps extends GroupPlacesDeps {
  table: GroupTable;
  commit: GroupCommit;
  audit: Audit;
  instances: Instances;
  /** Throws refused() for an instance that may not have these. */
  attach(ids: number[], labels: string[], by: string): Promise<void>;
  detach(ids: number[], labels: string[], by: string): Promise<void>;
}

/** What was done for each instance of several, one of which may not have what the others may. */
export interface DoneForEach {
  done: number[];
  failed: { instance: number; reason: string }[];
}

/** So many names are tried for a group that has none of its own. */
const mostNames = 1000;
const longestName = 64;

/**
 * Groups of instances, all of one release and architecture. Who joins one gets its sources; who leaves keeps them.
 */
export function createGroups({ table, commit, audit, instances, ...deps }: Deps) {
  const places = createGroupPlaces(deps);
  const sources = deps;
  async function require(name: string): Promise<Group> {
    const group = await table.find(name);
    if (group) return group;
    throw new AppError('not_found', `there is no group ${name}`, {
      hint: 'see `headwater group list`',
    });
  }

  /** Makes one of this name if there is none. */
  async function make(name: string, about: GroupChange, by: string): Promise<boolean> {
    if (!(await table.create(name, new Date().toISOString()))) return false;
    // What was said of one that had the name before is not said of this one.
    await places.forget(name);
    await places.change(name, about);
    audit.note({ actor: `user:${by}`, event: 'group.created', subject: name });
    return true;
  }

  return {
    require,

    /** By name. */
    list: async (): Promise<ShownGroup[]> => places.shown(await table.list()),

    /** Throws AppError 'not_found'. */
    async about(name: string): Promise<ShownGroup> {
      const [shown] = await places.shown([await require(name)]);
      return shown!;
    },

    /** Ids of its instances. */
    members: table.members,
    memberNames: table.memberNames,

    async show(name: string): Promise<ShownGroup & { members: Instance[] }> {
      const group = await this.about(name);
      const members = await instances.list({ group: name });
      return { ...group, members };
    },

    /** Makes a group; without a name, one that is made of what it is shown as. */
    async create(name: string | null, about: GroupChange, by: string): Promise<ShownGroup> {
      places.check(about);
      if (name !== null) {
        if (!namePattern.test(name)) {
          throw new AppError('usage', `${name} cannot be a group's name`, {
            hint: 'up to 64 letters, digits and _ . - , the first one a letter, a digit or _',
          });
        }
        if (!(await make(name, about, by))) {
          throw new AppError('conflict', `there is a group ${name} already`);
        }
        return this.about(name);
      }
      const wanted = nameFrom(about.displayName ?? '');
      for (let i = 1; i <= mostNames; i++) {
        const ending = i === 1 ? '' : `-${i}`;
        const free = `${wanted.slice(0, longestName - ending.length)}${ending}`;
        if (await make(free, about, by)) return this.about(free);
      }
      throw new AppError('conflict', `there are too many groups whose names begin with ${wanted}`);
    },

    /** Changes what is said of a group, or its compartment. */
    async change(name: string, about: GroupChange, by: string): Promise<ShownGroup> {
      const before = await this.about(name);
      places.check(about);
      await places.change(name, about);
      const actor = `user:${by}`;
      const { compartment, ...others } = about;
      if (compartment !== undefined && compartment !== before.compartment) {
        audit.note({
          actor,
          event: 'group.moved',
          subject: name,
          detail: `to ${compartment || 'the root'}`,
        });
      }
      const said = Object.entries(others).filter(([, value]) => value !== undefined);
      if (said.length > 0) {
        const detail = said.map(([key]) => key).join(', ');
        audit.note({ actor, event: 'group.changed', subject: name, detail });
      }
      return this.about(name);
    },

    /** Its instances stay, with what they have attached. */
    async remove(name: string, by: string): Promise<void> {
      await require(name);
      const members = await table.members(name);
      await commit.write((tx) => table.remove(tx, name));
      await places.forget(name);
      for (const id of members) await instances.refresh(id);
      audit.note({ actor: `user:${by}`, event: 'group.removed', subject: name });
    },

    /**
     * Puts instances into a group and gives them its sources; all or none. Throws AppError 'conflict' where one is of another
     * release or architecture than the members.
     */
    async add(name: string, ids: readonly number[], by: string): Promise<DoneForEach> {
      const group = await require(name);
      const joining: Instance[] = [];
      for (const id of ids) joining.push(await instances.require(id));
      await commit.write(async (tx) => {
        for (const instance of joining) {
          const reason = await unfitFor(tx, table, { instance, group: name });
          if (reason !== undefined) throw new AppError('conflict', reason);
          await table.join(tx, instance.id, [name]);
        }
      });
      for (const id of ids) {
        await instances.refresh(id);
        audit.note({ actor: `user:${by}`, event: 'group.joined', instance: id, subject: name });
      }
      if (group.sources.length === 0) return { done: [...ids], failed: [] };
      return forEach(ids, (id) => sources.attach([id], group.sources, by));
    },

    /** An instance has another release from now on: it leaves the groups that it cannot be in any more. */
    async settle(instance: Instance, by: string): Promise<Instance> {
      const { left } = await commit.write((tx) => settleGroups(tx, table, { instance, joins: [] }));
      for (const { group, reason } of left) {
        const about = { instance: instance.id, subject: group, detail: reason };
        audit.note({ actor: by, event: 'group.left', ...about });
      }
      return left.length === 0 ? instance : ((await instances.refresh(instance.id)) ?? instance);
    },

    async drop(name: string, ids: readonly number[], by: string): Promise<void> {
      await require(name);
      for (const id of ids) {
        if (!(await commit.write((tx) => table.leave(tx, id, name)))) {
          throw new AppError('not_found', `instance ${id} is not in the group ${name}`);
        }
        await instances.refresh(id);
        audit.note({ actor: `user:${by}`, event: 'group.left', instance: id, subject: name });
      }
    },

    /** Gives all its instances these sources, those too that join it later. */
    async attach(name: string, labels: readonly string[], by: string): Promise<DoneForEach> {
      await require(name);
      await commit.write((tx) => table.addSources(tx, name, labels));
      for (const subject of labels) {
        audit.note({ actor: `user:${by}`, event: 'group.attached', subject, detail: name });
      }
      const members = await table.members(name);
      return forEach(members, (id) => sources.attach([id], [...labels], by));
    },

    async detach(name: string, labels: readonly string[], by: string): Promise<DoneForEach> {
      await require(name);
      await commit.write((tx) => table.dropSources(tx, name, labels));
      for (const subject of labels) {
        audit.note({ actor: `user:${by}`, event: 'group.detached', subject, detail: name });
      }
      const members = await table.members(name);
      return forEach(members, (id) => sources.detach([id], [...labels], by));
    },
  };
}

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** A group's name that is like what it is shown as. */
function nameFrom(shown: string): string {
  const plain = shown
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, longestName);
  return plain === '' ? 'group' : plain;
}

async function forEach(
  ids: readonly number[],
  work: (id: number) => Promise<void>,
): Promise<DoneForEach> {
  const result: DoneForEach = { done: [], failed: [] };
  for (const id of ids) {
    try {
      await work(id);
      result.done.push(id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      result.failed.push({ instance: id, reason: error.message });
    }
  }
  return result;
}
