import { sql } from 'kysely';
import type { StateDb } from './state.ts';

/** A group of instances, and the sources that instances get which join it. */
export interface Group {
  name: string;
  /** RFC 3339. */
  createdAt: string;
  sources: string[];
  /** How many instances are in it. */
  instances: number;
  /** What they have in common, as the one that was registered first says it; null where there are none. */
  system: { osRelease: string; arch: string } | null;
}

export function createGroupTable(db: StateDb) {
  const counted = () =>
    db
      .selectFrom('instance_group')
      .selectAll()
      .select([
        sql<string>`(SELECT json_group_array(label ORDER BY label) FROM group_source WHERE "group" = name)`.as(
          'sources',
        ),
        sql<number>`(SELECT count(*) FROM group_member WHERE "group" = name)`.as('instances'),
        sql<string | null>`(
          SELECT json_object('osRelease', i.os_release, 'arch', i.arch)
          FROM group_member AS m JOIN instance AS i ON i.id = m.instance
          WHERE m."group" = instance_group.name ORDER BY m.instance LIMIT 1)`.as('system'),
      ]);
  const groupOf = (row: {
    name: string;
    created_at: string;
    sources: string;
    instances: number;
    system: string | null;
  }): Group => ({
    name: row.name,
    createdAt: row.created_at,
    sources: JSON.parse(row.sources) as string[],
    instances: row.instances,
    system: row.system === null ? null : (JSON.parse(row.system) as Group['system']),
  });

  return {
    async find(name: string): Promise<Group | undefined> {
      const row = await counted().where('name', '=', name).executeTakeFirst();
      return row && groupOf(row);
    },

    /** By name. */
    async list(): Promise<Group[]> {
      return (await counted().orderBy('name').execute()).map(groupOf);
    },

    /** Ids, in their order. */
    async members(name: string): Promise<number[]> {
      const rows = await db
        .selectFrom('group_member')
        .where('group', '=', name)
        .orderBy('instance')
        .select('instance')
        .execute();
      return rows.map((row) => row.instance);
    },

    /** By id. */
    async memberNames(
      name: string,
    ): Promise<{ id: number; name: string; compartment: string | null }[]> {
      return db
        .selectFrom('group_member')
        .innerJoin('instance', 'instance.id', 'group_member.instance')
        .where('group_member.group', '=', name)
        .orderBy('group_member.instance')
        .select(['instance.id', 'instance.name', 'instance.compartment'])
        .execute();
    },

    /** Those that an instance is in. */
    async of(tx: StateDb, instance: number): Promise<string[]> {
      const rows = await tx
        .selectFrom('group_member')
        .where('instance', '=', instance)
        .orderBy('group')
        .select('group')
        .execute();
      return rows.map((row) => row.group);
    },

    /** The first member of a group but for one instance; undefined where there is none. */
    async firstBut(
      tx: StateDb,
      group: string,
      instance: number,
    ): Promise<{ id: number; osRelease: string; arch: string } | undefined> {
      return tx
        .selectFrom('group_member')
        .innerJoin('instance', 'instance.id', 'group_member.instance')
        .where('group_member.group', '=', group)
        .where('group_member.instance', '!=', instance)
        .orderBy('group_member.instance')
        .select(['instance.id', 'instance.os_release as osRelease', 'instance.arch'])
        .executeTakeFirst();
    },

    /** Whether there was none of that name. */
    async create(name: string, at: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('instance_group')
        .values({ name, created_at: at })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    /** With what its members saw through it. Whether there was one. */
    async remove(tx: StateDb, name: string): Promise<boolean> {
      await tx
        .deleteFrom('lens')
        .where('scope', '=', 'group')
        .where('subject', '=', name)
        .execute();
      const { numDeletedRows } = await tx
        .deleteFrom('instance_group')
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    /** Puts an instance into those of the groups that there are. */
    async join(tx: StateDb, instance: number, groups: readonly string[]): Promise<void> {
      await sql`
        INSERT INTO group_member ("group", instance)
        SELECT name, ${instance} FROM instance_group
        WHERE name IN (SELECT value FROM json_each(${JSON.stringify(groups)}))
        ON CONFLICT DO NOTHING`.execute(tx);
    },

    /** Whether it was in it. */
    async leave(tx: StateDb, instance: number, group: string): Promise<boolean> {
      const { numDeletedRows } = await tx
        .deleteFrom('group_member')
        .where('group', '=', group)
        .where('instance', '=', instance)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },

    async addSources(tx: StateDb, group: string, labels: readonly string[]): Promise<void> {
      await tx
        .insertInto('group_source')
        .values(labels.map((label) => ({ group, label })))
        .onConflict((c) => c.doNothing())
        .execute();
    },

    async dropSources(tx: StateDb, group: string, labels: readonly string[]): Promise<void> {
      await tx
        .deleteFrom('group_source')
        .where('group', '=', group)
        .where('label', 'in', labels)
        .execute();
    },
  };
}

export type GroupTable = ReturnType<typeof createGroupTable>;
