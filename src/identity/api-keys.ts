import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { ApiKey, ApiKeyTable } from '../store/state/api-keys.ts';
import type { Audit } from './audit.ts';
import type { Users } from './users.ts';

export type ApiKeys = Awaited<ReturnType<typeof createApiKeys>>;

interface Deps {
  table: ApiKeyTable;
  users: Pick<Users, 'idOf' | 'onRemoved'>;
  audit: Pick<Audit, 'note'>;
}

const mostOfOne = 10;
const longestPem = 16 * 1024;
const bits = { least: 2048, most: 8192 };
/** Checking a signature takes as long as this is long. */
const mostExponent = 2n ** 32n;

/** The public keys that users sign requests with. All are in memory, and this process is their only writer. */
export async function createApiKeys({ table, users, audit }: Deps) {
  /** By `<user id> <fingerprint>`. */
  const keys = new Map<string, KeyObject>();
  let listed: ApiKey[] = [];

  async function load(): Promise<void> {
    const rows = await table.all();
    keys.clear();
    for (const row of rows)
      keys.set(`${row.userId} ${row.fingerprint}`, createPublicKey(row.publicKey));
    listed = rows.map(({ user, fingerprint, createdAt }) => ({ user, fingerprint, createdAt }));
  }
  await load();
  users.onRemoved(load);

  function requireUser(name: string): number {
    const id = users.idOf(name);
    if (id !== undefined) return id;
    throw new AppError('not_found', `there is no user ${name}`, {
      hint: 'see `headwater user list`',
    });
  }

  return {
    /** Gives the fingerprint. Throws AppError 'usage' where that is no RSA public key of a good size. */
    async add(user: string, pem: string, by: string): Promise<string> {
      const userId = requireUser(user);
      const key = readPublicKey(pem);
      const fingerprint = fingerprintOf(key);
      if (listed.filter((k) => k.user === user).length >= mostOfOne) {
        throw new AppError('conflict', `${user} has ${mostOfOne} keys already`, {
          hint: '`headwater user key remove` makes room',
        });
      }
      const publicKey = String(key.export({ type: 'spki', format: 'pem' }));
      const createdAt = new Date().toISOString();
      if (!(await table.add({ userId, fingerprint, publicKey, createdAt }))) {
        throw new AppError('conflict', `${user} has the key ${fingerprint} already`);
      }
      await load();
      note('added', { user, fingerprint, by });
      return fingerprint;
    },

    /** Of one user, or all; the oldest first. Throws AppError 'not_found'. */
    list(user?: string): ApiKey[] {
      if (user === undefined) return listed;
      requireUser(user);
      return listed.filter((key) => key.user === user);
    },

    async remove(user: string, fingerprint: string, by: string): Promise<void> {
      if (!(await table.remove(requireUser(user), fingerprint))) {
        throw new AppError('not_found', `${user} has no key ${fingerprint}`, {
          hint: `see \`headwater user key list ${user}\``,
        });
      }
      await load();
      note('removed', { user, fingerprint, by });
    },

    find: (user: string, fingerprint: string): KeyObject | undefined =>
      keys.get(`${users.idOf(user)} ${fingerprint}`),
  };

  function note(what: string, about: { user: string; fingerprint: string; by: string }): void {
    const { user, fingerprint, by } = about;
    audit.note({
      actor: `user:${by}`,
      event: `user.key.${what}`,
      subject: user,
      detail: fingerprint,
    });
  }
}

/** MD5 of the key as SubjectPublicKeyInfo, as OCI's profiles name keys. */
export function fingerprintOf(key: KeyObject): string {
  const digest = createHash('md5')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return digest.replaceAll(/..(?=.)/g, '$&:');
}

function readPublicKey(pem: string): KeyObject {
  // A certificate is a public key too, for Node.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw unfit('this is a private key, which nobody but its owner needs', {
      hint: 'make the public one of it: openssl pkey -in KEY.pem -pubout',
    });
  }
  if (pem.length > longestPem || !/-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) {
    throw unfit('this is no RSA public key as PEM', { hint: '-----BEGIN PUBLIC KEY-----' });
  }
  const key = parsed(pem);
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const isGood =
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= bits.least &&
    modulusLength <= bits.most &&
    publicExponent > 1n &&
    publicExponent < mostExponent;
  if (isGood) return key;
  throw unfit(`this is no RSA key of ${bits.least} to ${bits.most} bits`, {
    hint: 'openssl genrsa 2048',
  });
}

function parsed(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw unfit('this is no RSA public key as PEM', { cause: error });
  }
}

const unfit = (message: string, options: { hint?: string; cause?: unknown }) =>
  new AppError('usage', message, options);
