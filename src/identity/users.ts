import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { User, UserTable } from '../store/state/users.ts';
import type { Audit } from './audit.ts';
import { createFairTurns } from './fair-turns.ts';

export type Users = ReturnType<typeof createUsers>;

interface Deps {
  table: UserTable;
  audit: Audit;
  /** log2 of scrypt's cost, for passwords that are set from now on. */
  cost?: number;
}

/** With 2^15, scrypt takes 32 MB and about 80 ms. */
const usualCost = 15;
const shortest = 8;
const longest = 1024;
const atATime = 2;
const mostWaiting = 100;

/** Users: who may register instances with a name and a password. */
export function createUsers({ table, audit, cost = usualCost }: Deps) {
  const tooMany = () =>
    new AppError('limit', 'too many passwords are being checked', {
      hint: 'try again in a minute',
    });
  const inTurn = createFairTurns({ atATime, mostWaiting, tooMany });
  /** Compared with where there is no such user: whether there is one does not show in the time it takes. */
  let nobody: Promise<string> | undefined;

  const made = (password: string) =>
    inTurn({ address: 'here', identity: '' }, () => hashPassword(password, cost));

  return {
    /**
     * Gives the name of the user who asks from an address. Throws AppError 'unauthenticated'; to slow that down is left to doors.
     * Guesses from elsewhere, or of other users' passwords, keep nobody waiting.
     */
    async check(name: string, password: string, address = ''): Promise<string> {
      const known = password.length <= longest ? await table.passwordOf(name) : undefined;
      nobody ??= hashPassword('', cost);
      const hash = known ?? (await nobody);
      const right = await inTurn({ address, identity: name }, () =>
        isPassword(password.slice(0, longest), hash),
      );
      if (known !== undefined && right) return name;
      throw new AppError('unauthenticated', 'the user name or the password is wrong', {
        detail: { reason: 'login' },
      });
    },

    async add(name: string, password: string, by: string): Promise<User> {
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(name)) {
        throw new AppError('usage', `${name} cannot be a user's name`, {
          hint: 'up to 64 letters, digits and _ . @ - , the first one a letter, a digit or _',
        });
      }
      requireGood(password);
      const user = { name, createdAt: new Date().toISOString(), createdBy: by };
      if (!(await table.add(user, await made(password)))) {
        throw new AppError('conflict', `there is a user ${name} already`, {
          hint: `\`headwater user password ${name}\` gives another password`,
        });
      }
      audit.note({ actor: `user:${by}`, event: 'user.added', subject: name });
      return user;
    },

    async setPassword(name: string, password: string, by: string): Promise<void> {
      requireGood(password);
      if (!(await table.setPassword(name, await made(password)))) throw noUser(name);
      audit.note({ actor: `user:${by}`, event: 'user.password', subject: name });
    },

    async remove(name: string, by: string): Promise<void> {
      if (!(await table.remove(name))) throw noUser(name);
      audit.note({ actor: `user:${by}`, event: 'user.removed', subject: name });
    },

    list: table.list,
  };
}

const noUser = (name: string) =>
  new AppError('not_found', `there is no user ${name}`, { hint: 'see `headwater user list`' });

function requireGood(password: string): void {
  if (password.length >= shortest && password.length <= longest) return;
  throw new AppError('usage', `a password has ${shortest} to ${longest} characters`);
}

/** `scrypt$<log2 of N>$<r>$<p>$<salt>$<hash>`, the last two as base64. */
async function hashPassword(password: string, cost: number): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, { cost: 2 ** cost, blockSize: 8, parallelization: 1 });
  return `scrypt$${cost}$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, cost, blockSize, parallelization, salt, hash] = stored.split('$');
  const options = {
    cost: 2 ** Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  };
  const derived = await derive(password, Buffer.from(salt ?? '', 'base64'), options);
  const expected = Buffer.from(hash ?? '', 'base64');
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  const { cost = 0, blockSize = 0 } = options;
  return new Promise((resolve, reject) => {
    // What it needs is 128 bytes times cost times block size.
    scrypt(
      password.normalize('NFC'),
      salt,
      32,
      { ...options, maxmem: 256 * cost * blockSize },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}
