import { AppError } from '../base/errors.ts';
import type { StoredUserGroup, UserGroupTable } from '../store/state/user-groups.ts';
import type { Audit } from './audit.ts';
import { folded, requireName } from './names.ts';
import type { Ocids } from './ocid.ts';
import type { Users } from './users.ts';

export interface UserGroup extends StoredUserGroup {
  ocid: string;
}

export type UserGroups = Awaited<ReturnType<typeof createUserGroups>>;

interface Deps {
  table: UserGroupTable;
  users: Pick<Users, 'require' | 'onRemoved'>;
  audit: Audit;
  ocids: Ocids;
  /** The names of the policies of which a statement names a group. */
  namedBy(group: { name: string; ocid: string }): string[];
  /** Called when there are others. */
  onChange(): void;
}

const none: ReadonlySet<number> = new Set();

/** Groups of users, which policies speak of. All of it is in memory, and this process is its only writer. */
export async function createUserGroups({ table, users, audit, ocids, namedBy, onChange }: Deps) {
  const byName = new Map<string, UserGroup>();
  const byUser = new Map<string, Set<number>>();

  async function load(): Promise<void> {
    const rows = await table.all();
    byName.clear();
    byUser.clear();
    for (const row of rows) {
      byName.set(folded(row.name), { ...row, ocid: ocids.of('group', row.id) });
      for (const user of row.members) {
        byUser.set(user, (byUser.get(user) ?? new Set()).add(row.id));
      }
    }
    onChange();
  }
  await load();
  users.onRemoved(load);

  /** Throws AppError 'not_found'. */
  function require(name: string): UserGroup {
    const group = byName.get(folded(name));
    if (group) return group;
    throw new AppError('not_found', `there is no group of users ${name}`, {
      hint: 'see `headwater user-group list`',
    });
  }

  return {
    /** By name. */
    all: (): UserGroup[] => [...byName.values()],
    /** The same in any case. */
    find: (name: string): UserGroup | undefined => byName.get(folded(name)),
    require,
    /** The ids of those that a user is in. */
    of: (user: string): ReadonlySet<number> => byUser.get(user) ?? none,

    async create(
      name: string,
      { by, description = '' }: { by: string; description?: string },
    ): Promise<UserGroup> {
      requireName(name, 'group of users');
      if (!(await table.add(name, description))) {
        throw new AppError('conflict', `there is a group of users ${name} already`);
      }
      await load();
      audit.note({ actor: `user:${by}`, event: 'user-group.created', subject: name });
      return require(name);
    },

    async remove(name: string, by: string): Promise<void> {
      const group = require(name);
      const [policy] = namedBy(group);
      if (policy !== undefined) {
        throw new AppError('conflict', `the policy ${policy} names the group ${group.name}`, {
          hint: 'one of that name that comes later would have what it grants',
        });
      }
      await table.remove(group.id);
      await load();
      audit.note({ actor: `user:${by}`, event: 'user-group.removed', subject: group.name });
    },

    /** Puts users into a group. Throws AppError 'not_found', and then none of them is. */
    async join(name: string, members: readonly string[], by: string): Promise<UserGroup> {
      const group = require(name);
      await table.join(
        group.id,
        members.map((member) => users.require(member).id),
      );
      await load();
      noteEach('user-group.joined', { group, members, by });
      return require(name);
    },

    async leave(name: string, members: readonly string[], by: string): Promise<UserGroup> {
      const group = require(name);
      await table.leave(
        group.id,
        members.map((member) => users.require(member).id),
      );
      await load();
      noteEach('user-group.left', { group, members, by });
      return require(name);
    },
  };

  function noteEach(
    event: string,
    { group, members, by }: { group: UserGroup; members: readonly string[]; by: string },
  ): void {
    for (const member of members) {
      audit.note({ actor: `user:${by}`, event, subject: group.name, detail: member });
    }
  }
}
