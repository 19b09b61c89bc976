import { AppError } from '../base/errors.ts';
import type { Audit } from '../identity/audit.ts';
import { hashOf, newSecret } from '../identity/secrets.ts';
import type {
  RegistrationKey,
  RegistrationKeyTable,
  StoredKey,
} from '../store/state/registration-keys.ts';
import { refused } from './refusals.ts';

export type RegistrationKeys = ReturnType<typeof createRegistrationKeys>;

interface Deps {
  table: RegistrationKeyTable;
  audit: Audit;
}

/** How a key can be used now. */
export type KeyState = 'active' | 'used up' | 'expired' | 'revoked';

export type NewKey = Omit<RegistrationKey, 'used' | 'revokedAt' | 'createdAt' | 'createdBy'>;

const mostAtOnce = 10;
const longestName = 64;

/** Keys with which machines register. Of each only the hash is kept. */
export function createRegistrationKeys({ table, audit }: Deps) {
  return {
    /** Makes a key; gives what machines present, which is told only now. */
    async create(key: NewKey, by: string): Promise<{ key: string; about: RegistrationKey }> {
      if (!nameOf.test(key.name) || key.name.length > longestName) {
        throw new AppError('usage', `${key.name} cannot be a key's name`, {
          hint: `up to ${longestName} letters, digits and _ . - , the first one a letter, a digit or _`,
        });
      }
      requireTags(key.tags);
      const createdAt = new Date().toISOString();
      if (key.expiresAt !== null && key.expiresAt <= createdAt) {
        throw new AppError('usage', `${key.expiresAt} is over already`);
      }
      if (key.reactivates !== null && key.takeoverMs !== null) {
        throw new AppError(
          'usage',
          'a key either reactivates one instance or takes silent ones over',
        );
      }
      // Who holds one that reactivates gets that instance's place: it is good once unless somebody says otherwise.
      const uses = key.uses ?? (key.reactivates === null ? null : 1);
      const about = { ...key, uses, used: 0, revokedAt: null, createdAt, createdBy: by };
      const secret = newSecret();
      await table.create(hashOf(secret), about);
      const actor = `user:${by}`;
      const instance = key.reactivates ?? undefined;
      audit.note({ actor, event: 'key.created', subject: key.name, instance });
      return { key: secret, about };
    },

    list: table.list,

    /** Throws AppErrors 'not_found' and 'conflict'. */
    async revoke(name: string, by: string): Promise<void> {
      if (!(await table.revoke(name, new Date().toISOString()))) {
        if (await table.find(name)) {
          throw new AppError('conflict', `the key ${name} was revoked before`);
        }
        throw new AppError('not_found', `there is no registration key ${name}`, {
          hint: 'see `headwater key list`',
        });
      }
      audit.note({ actor: `user:${by}`, event: 'key.revoked', subject: name });
    },

    /**
     * The keys that a machine presents, each once. Throws refused('key_unknown', 'key_used_up' or 'key_conflict'): all must
     * be good, and go together.
     */
    async read(secrets: readonly string[]): Promise<StoredKey[]> {
      const given = [...new Set(secrets.map((s) => s.trim()).filter((s) => s !== ''))];
      if (given.length > mostAtOnce)
        throw refused('key_conflict', 'these are too many keys at once');
      const keys: StoredKey[] = [];
      for (const secret of given) {
        const key = await table.withHash(hashOf(secret));
        const state = key && keyState(key);
        if (!key || state === 'expired' || state === 'revoked') {
          throw refused('key_unknown', 'there is no such registration key');
        }
        if (state === 'used up') throw refused('key_used_up', 'the registration key is used up');
        keys.push(key);
      }
      requireTogether(keys);
      return keys;
    },
  };
}

export function keyState({ revokedAt, expiresAt, uses, used }: RegistrationKey): KeyState {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= new Date().toISOString()) return 'expired';
  return uses !== null && used >= uses ? 'used up' : 'active';
}

/** Throws AppError 'usage' on what cannot be a tag. */
export function requireTags(tags: readonly string[]): void {
  const unfit = tags.find((tag) => !wordOf.test(tag));
  if (unfit === undefined) return;
  throw new AppError('usage', `"${unfit}" cannot be a tag`, {
    hint: 'up to 128 characters, no commas, no spaces',
  });
}

/** Tags are shown in lists, and asked for. */
const wordOf = /^[^\p{Cc}\p{Z},]{1,128}$/u;
const nameOf = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

function requireTogether(keys: readonly StoredKey[]): void {
  const compartments = new Set(keys.map((k) => k.compartment).filter((c) => c !== null));
  if (compartments.size > 1) {
    throw refused('key_conflict', 'the registration keys are of different compartments');
  }
  const instances = new Set(keys.map((k) => k.reactivates).filter((i) => i !== null));
  if (instances.size > 1) {
    throw refused('key_conflict', 'the registration keys are bound to different instances');
  }
}
