import { sql } from 'kysely';
import type { StateDb } from './state.ts';

/** A version of a package. The epoch is empty for none. */
export interface Nevra {
  name: string;
  epoch: string;
  version: string;
  release: string;
  arch: string;
}

export interface StoredProfile {
  /** See packed-profile.ts. */
  packages: Buffer;
  count: number;
  /** SHA-256 of that. */
  digest: Buffer;
}

const pageOfIds = 5000;

/** What is installed where: each version of a package is kept once, and known by its id. */
export function createProfileTable(db: StateDb) {
  return {
    /** The ids of these, which are made where they are new; in their order. */
    async idsOf(tx: StateDb, packages: readonly Nevra[]): Promise<number[]> {
      const wanted = sql`(
        SELECT key AS place, value ->> 0 AS name, value ->> 1 AS epoch, value ->> 2 AS version,
          value ->> 3 AS release, value ->> 4 AS arch
        FROM json_each(${JSON.stringify(packages.map((p) => [p.name, p.epoch, p.version, p.release, p.arch]))}))`;
      await sql`
        INSERT INTO nevra (name, epoch, version, release, arch)
        SELECT name, epoch, version, release, arch FROM ${wanted} WHERE true
        ON CONFLICT DO NOTHING`.execute(tx);
      const { rows } = await sql<{ id: number }>`
        SELECT n.id FROM ${wanted} AS w CROSS JOIN nevra AS n USING (name, version, release, epoch, arch)
        ORDER BY w.place`.execute(tx);
      return rows.map((row) => row.id);
    },

    /** By id; in their order, those that there are. */
    async withIds(ids: readonly number[]): Promise<(Nevra & { id: number })[]> {
      const { rows } = await sql<Nevra & { id: number }>`
        SELECT n.id, n.name, n.epoch, n.version, n.release, n.arch
        FROM json_each(${JSON.stringify(ids)}) AS w CROSS JOIN nevra AS n ON n.id = w.value
        ORDER BY w.key`.execute(db);
      return rows;
    },

    async find(instance: number): Promise<StoredProfile | undefined> {
      return db
        .selectFrom('profile')
        .where('instance', '=', instance)
        .select(['packages', 'count', 'digest'])
        .executeTakeFirst();
    },

    /** Those of instances after one, by instance. */
    async after(instance: number, most: number): Promise<{ instance: number; packages: Buffer }[]> {
      return db
        .selectFrom('profile')
        .where('instance', '>', instance)
        .orderBy('instance')
        .limit(most)
        .select(['instance', 'packages'])
        .execute();
    },

    /** Ids of versions for which `isUsed` does not hold, at most so many. */
    async idsWithout(isUsed: (id: number) => boolean, most: number): Promise<number[]> {
      const unused: number[] = [];
      for (let last = 0; unused.length < most; ) {
        const page = await db
          .selectFrom('nevra')
          .where('id', '>', last)
          .orderBy('id')
          .limit(pageOfIds)
          .select('id')
          .execute();
        for (const { id } of page) if (!isUsed(id)) unused.push(id);
        if (page.length < pageOfIds) break;
        last = page.at(-1)!.id;
        // Others get their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return unused.slice(0, most);
    },

    async removeIds(tx: StateDb, ids: readonly number[]): Promise<void> {
      await sql`
        DELETE FROM nevra
        WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`.execute(tx);
    },

    async digestOf(instance: number): Promise<Buffer | undefined> {
      const row = await db
        .selectFrom('profile')
        .where('instance', '=', instance)
        .select('digest')
        .executeTakeFirst();
      return row?.digest;
    },

    /** How many packages instances have that said so, by id. */
    async counts(): Promise<Map<number, number>> {
      const rows = await db.selectFrom('profile').select(['instance', 'count']).execute();
      return new Map(rows.map((row) => [row.instance, row.count]));
    },

    async count(instance: number): Promise<number | undefined> {
      const row = await db
        .selectFrom('profile')
        .where('instance', '=', instance)
        .select('count')
        .executeTakeFirst();
      return row?.count;
    },

    /** Throws SQLITE_CONSTRAINT_FOREIGNKEY where there is no such instance. */
    async write(tx: StateDb, instance: number, profile: StoredProfile): Promise<void> {
      const row = { ...profile, changed_at: new Date().toISOString() };
      await tx
        .insertInto('profile')
        .values({ instance, ...row })
        .onConflict((c) => c.column('instance').doUpdateSet(row))
        .execute();
    },
  };
}

export type ProfileTable = ReturnType<typeof createProfileTable>;
