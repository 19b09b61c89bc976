import { type Selectable, sql } from 'kysely';
import { AppError } from '../../base/errors.ts';
import type { RegistrationKeyRow } from './fleet-tables.ts';
import type { StateDb } from './state.ts';

/** What a machine registers with, and what it gets. Times in RFC 3339. */
export interface RegistrationKey {
  name: string;
  /** The instance whose record it takes over. */
  reactivates: number | null;
  /** It takes over what has the same SMBIOS UUID and was silent for so many milliseconds; null: never. */
  takeoverMs: number | null;
  sources: string[];
  groups: string[];
  tags: string[];
  compartment: string | null;
  /** At most; null for any number. */
  uses: number | null;
  used: number;
  expiresAt: string | null;
  revokedAt: string | null;
  createdAt: string;
  createdBy: string;
}

export interface StoredKey extends RegistrationKey {
  id: number;
}

export function createRegistrationKeyTable(db: StateDb) {
  return {
    /** `hash` is the SHA-256 of the key. Throws AppError 'conflict' where there is one of that name. */
    async create(hash: Buffer, key: Omit<RegistrationKey, 'used' | 'revokedAt'>): Promise<void> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('registration_key')
        .values({
          name: key.name,
          hash,
          reactivates: key.reactivates,
          takeover_ms: key.takeoverMs,
          sources: JSON.stringify(key.sources),
          groups: JSON.stringify(key.groups),
          tags: JSON.stringify(key.tags),
          compartment: key.compartment,
          uses: key.uses,
          expires_at: key.expiresAt,
          created_at: key.createdAt,
          created_by: key.createdBy,
        })
        .onConflict((c) => c.column('name').doNothing())
        .executeTakeFirstOrThrow();
      if (!numInsertedOrUpdatedRows) {
        throw new AppError('conflict', `there is a registration key ${key.name} already`, {
          hint: 'take another name: those of revoked keys are not used again',
        });
      }
    },

    async withHash(hash: Buffer): Promise<StoredKey | undefined> {
      const row = await db
        .selectFrom('registration_key')
        .where('hash', '=', hash)
        .selectAll()
        .executeTakeFirst();
      return row && stored(row);
    },

    async find(name: string): Promise<StoredKey | undefined> {
      const row = await db
        .selectFrom('registration_key')
        .where('name', '=', name)
        .selectAll()
        .executeTakeFirst();
      return row && stored(row);
    },

    /** All, revoked ones too, in the order in which they were made. */
    async list(): Promise<StoredKey[]> {
      const rows = await db.selectFrom('registration_key').orderBy('id').selectAll().execute();
      return rows.map(stored);
    },

    /** Counts a use, if one is left at that time (RFC 3339). Gives whether it was. */
    async use(tx: StateDb, id: number, at: string): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('registration_key')
        .set({ used: sql`used + 1` })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .where((e) => e.or([e('uses', 'is', null), e('used', '<', e.ref('uses'))]))
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', at)]))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    /** Gives a use back of a registration that came to nothing. */
    async giveBack(tx: StateDb, id: number): Promise<void> {
      await tx
        .updateTable('registration_key')
        .set({ used: sql`used - 1` })
        .where('id', '=', id)
        .where('used', '>', 0)
        .execute();
    },

    /** Whether there was one that was not revoked before. */
    async revoke(name: string, at: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('registration_key')
        .set({ revoked_at: at })
        .where('name', '=', name)
        .where('revoked_at', 'is', null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}

export type RegistrationKeyTable = ReturnType<typeof createRegistrationKeyTable>;

const stored = (row: Selectable<RegistrationKeyRow>): StoredKey => ({
  id: row.id,
  name: row.name,
  reactivates: row.reactivates,
  takeoverMs: row.takeover_ms,
  sources: JSON.parse(row.sources) as string[],
  groups: JSON.parse(row.groups) as string[],
  tags: JSON.parse(row.tags) as string[],
  compartment: row.compartment,
  uses: row.uses,
  used: row.used,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
  createdBy: row.created_by,
});
