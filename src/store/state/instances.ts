import { type Insertable, sql, type Updateable } from 'kysely';
import type { InstanceRow } from './fleet-tables.ts';
import type { StateDb } from './state.ts';
import { type Instance, type StoredInstance, stored } from './stored-instance.ts';

export type { Instance, StoredInstance } from './stored-instance.ts';

export type NewInstance = Omit<Insertable<InstanceRow>, 'id' | 'state'>;

/** What a check-in tells; what is left out stays. */
export interface SeenRow {
  id: number;
  seenAt: string;
  address: string;
  confirmed: boolean;
  kernel?: string;
  agentVersion?: string;
  capabilities?: string;
  bootedAt?: string;
}

/** Some instances of one compartment, in order. */
export interface InstancePage {
  /** The path; empty for the root. What is in compartments below it is not in it. */
  compartment: string;
  /** The whole name. */
  name?: string | undefined;
  by: 'name' | 'registeredAt';
  descending: boolean;
  /** The name or the time of the last one before, and its id. */
  after?: readonly [string, number] | undefined;
  most: number;
}

/** Instances with their tags, groups and hardware. What writes takes the transaction to write in. */
export function createInstanceTable(db: StateDb) {
  const joined = () =>
    db
      .selectFrom('instance')
      .selectAll()
      .select([
        sql<string>`(SELECT json_group_array(tag ORDER BY tag) FROM instance_tag WHERE instance = instance.id)`.as(
          'tags',
        ),
        sql<string>`(SELECT json_group_array("group" ORDER BY "group") FROM group_member WHERE instance = instance.id)`.as(
          'groups',
        ),
      ]);

  return {
    async find(id: number): Promise<StoredInstance | undefined> {
      const row = await joined().where('id', '=', id).executeTakeFirst();
      return row && stored(row);
    },

    /** Of the instance with this TLS client certificate. */
    async withCertificate(sha256: Buffer): Promise<number | undefined> {
      const row = await db
        .selectFrom('instance')
        .where('certificate', '=', sha256)
        .select('id')
        .executeTakeFirst();
      return row?.id;
    },

    /** Those after an id, by id. */
    async after(id: number, most: number): Promise<Instance[]> {
      const rows = await joined().where('id', '>', id).orderBy('id').limit(most).execute();
      return rows.map((row) => stored(row).instance);
    },

    async page({
      compartment,
      name,
      by,
      descending,
      after,
      most,
    }: InstancePage): Promise<Instance[]> {
      const column = by === 'name' ? 'name' : 'registered_at';
      const direction = descending ? 'desc' : 'asc';
      let query = joined()
        // As the index has it.
        .where(sql<boolean>`coalesce(compartment, '') = ${compartment}`)
        .orderBy(column, direction)
        .orderBy('id', direction)
        .limit(most);
      if (name !== undefined) query = query.where('name', '=', name);
      if (after !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple(column, 'id'), descending ? '<' : '>', tuple(...after)),
        );
      }
      return (await query.execute()).map((row) => stored(row).instance);
    },

    /** Of instances with this SMBIOS UUID: who they are, and when they were last heard of; the latest first. */
    async withUuid(
      tx: StateDb,
      uuid: string,
    ): Promise<{ id: number; compartment: string | null; heardAt: string }[]> {
      return tx
        .selectFrom('instance')
        .where('smbios_uuid', '=', uuid)
        .select(['id', 'compartment'])
        .select(sql<string>`max(registered_at, coalesce(seen_at, ''))`.as('heardAt'))
        .orderBy('heardAt', 'desc')
        .orderBy('id', 'desc')
        .execute();
    },

    /** The ids of its twins. */
    async twinsOf(id: number): Promise<number[]> {
      const rows = await db
        .selectFrom('instance')
        .where('twin_of', '=', id)
        .orderBy('id')
        .select('id')
        .execute();
      return rows.map((row) => row.id);
    },

    /** Of registrations from before `time` (RFC 3339) whose machine never came back. */
    async unfinished(time: string): Promise<number[]> {
      const rows = await db
        .selectFrom('instance')
        .where('state', '=', 'registering')
        .where('registered_at', '<', time)
        .select('id')
        .execute();
      return rows.map((row) => row.id);
    },

    /** Whether there is a compartment of this path. */
    async hasCompartment(tx: StateDb, path: string): Promise<boolean> {
      const row = await tx
        .selectFrom('compartment')
        .where('path', '=', path)
        .select('id')
        .executeTakeFirst();
      return row !== undefined;
    },

    /** Gives the new one's id. */
    async insert(tx: StateDb, row: NewInstance): Promise<number> {
      const { id } = await tx
        .insertInto('instance')
        .values({ ...row, state: 'registering' })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },

    /** Whether it is there. */
    async update(tx: StateDb, id: number, row: Updateable<InstanceRow>): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('instance')
        .set(row)
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    /** Notes many check-ins. */
    async seen(tx: StateDb, rows: readonly SeenRow[]): Promise<void> {
      await sql`
        UPDATE instance SET
          seen_at = s.value ->> 'seenAt',
          address = s.value ->> 'address',
          state = iif(s.value ->> 'confirmed', 'registered', state),
          kernel = coalesce(s.value ->> 'kernel', kernel),
          agent_version = coalesce(s.value ->> 'agentVersion', agent_version),
          capabilities = coalesce(s.value ->> 'capabilities', capabilities),
          booted_at = coalesce(s.value ->> 'bootedAt', booted_at)
        FROM json_each(${JSON.stringify(rows)}) AS s
        WHERE instance.id = s.value ->> 'id'`.execute(tx);
    },

    async addTags(tx: StateDb, id: number, tags: readonly string[]): Promise<void> {
      if (tags.length === 0) return;
      await tx
        .insertInto('instance_tag')
        .values(tags.map((tag) => ({ instance: id, tag })))
        .onConflict((c) => c.doNothing())
        .execute();
    },

    async dropTags(tx: StateDb, id: number, tags: readonly string[]): Promise<void> {
      if (tags.length === 0) return;
      await tx
        .deleteFrom('instance_tag')
        .where('instance', '=', id)
        .where('tag', 'in', tags)
        .execute();
    },

    async hardware(id: number): Promise<string | undefined> {
      const row = await db
        .selectFrom('hardware')
        .where('instance', '=', id)
        .select('entries')
        .executeTakeFirst();
      return row?.entries;
    },

    async setHardware(tx: StateDb, id: number, entries: string): Promise<void> {
      await tx
        .insertInto('hardware')
        .values({ instance: id, entries })
        .onConflict((c) =>
          c.column('instance').doUpdateSet({ entries }).where('hardware.entries', '!=', entries),
        )
        .execute();
    },

    /** Forgets the hardware and packages of the machine that it was. */
    async clear(tx: StateDb, id: number): Promise<void> {
      await tx.deleteFrom('hardware').where('instance', '=', id).execute();
      await tx.deleteFrom('profile').where('instance', '=', id).execute();
    },

    /** Removes all that belongs to it. Gives whether it was there. */
    async remove(tx: StateDb, id: number): Promise<boolean> {
      await tx
        .deleteFrom('lens')
        .where('scope', '=', 'instance')
        .where('subject', '=', String(id))
        .execute();
      await tx.updateTable('instance').set({ twin_of: null }).where('twin_of', '=', id).execute();
      const { numDeletedRows } = await tx
        .deleteFrom('instance')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

export type InstanceTable = ReturnType<typeof createInstanceTable>;
