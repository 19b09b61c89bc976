import { AppError } from '../base/errors.ts';
import type { Audit } from '../identity/audit.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Group, GroupTable } from '../store/state/groups.ts';
import type { Instance, Instances } from './instances.ts';

interface Deps {
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

export type Groups = ReturnType<typeof createGroups>;

/** Groups of instances. Who joins one gets its sources; who leaves keeps them. */
export function createGroups({ table, commit, audit, instances, ...sources }: Deps) {
  async function require(name: string): Promise<Group> {
    const group = await table.find(name);
    if (group) return group;
    throw new AppError('not_found', `there is no group ${name}`, {
      hint: 'see `headwater group list`',
    });
  }

  return {
    list: table.list,
    require,

    /** Ids of its instances. */
    members: table.members,

    async show(name: string): Promise<Group & { members: Instance[] }> {
      const group = await require(name);
      const members = await instances.list({ group: name });
      return { ...group, members };
    },

    async create(name: string, by: string): Promise<Group> {
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) {
        throw new AppError('usage', `${name} cannot be a group's name`, {
          hint: 'up to 64 letters, digits and _ . - , the first one a letter, a digit or _',
        });
      }
      if (!(await table.create(name, new Date().toISOString()))) {
        throw new AppError('conflict', `there is a group ${name} already`);
      }
      audit.note({ actor: `user:${by}`, event: 'group.created', subject: name });
      return require(name);
    },

    /** Its instances stay, with what they have attached. */
    async remove(name: string, by: string): Promise<void> {
      await require(name);
      const members = await table.members(name);
      await commit.write((tx) => table.remove(tx, name));
      for (const id of members) await instances.refresh(id);
      audit.note({ actor: `user:${by}`, event: 'group.removed', subject: name });
    },

    /** Puts instances into a group and gives them its sources. */
    async add(name: string, ids: readonly number[], by: string): Promise<DoneForEach> {
      const group = await require(name);
      for (const id of ids) await instances.require(id);
      for (const id of ids) {
        await commit.write((tx) => table.join(tx, id, [name]));
        await instances.refresh(id);
        audit.note({ actor: `user:${by}`, event: 'group.joined', instance: id, subject: name });
      }
      if (group.sources.length === 0) return { done: [...ids], failed: [] };
      return forEach(ids, (id) => sources.attach([id], group.sources, by));
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
