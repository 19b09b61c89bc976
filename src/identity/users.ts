import { AppError } from '../base/errors.ts';
import type { User, UserTable } from '../store/state/users.ts';
import type { Audit } from './audit.ts';
import { createFairTurns } from './fair-turns.ts';
import type { Ocids } from './ocid.ts';
import { hashPassword, isPassword } from './passwords.ts';

export type { User } from '../store/state/users.ts';
export type Users = Awaited<ReturnType<typeof createUsers>>;

interface Deps {
  table: UserTable;
  audit: Audit;
  ocids: Ocids;
  /** log2 of scrypt's cost, for passwords that are set from now on. */
  cost?: number;
}

type Hook = (name: string) => void | Promise<void>;

/** With 2^15, scrypt takes 32 MB and about 80 ms. */
const usualCost = 15;
const shortest = 8;
const longest = 1024;
const atATime = 2;
const mostWaiting = 100;

/** Users: what is known of them but their passwords is in memory, and this process is its only writer. */
export async function createUsers({ table, audit, ocids, cost = usualCost }: Deps) {
  const tooMany = () =>
    new AppError('limit', 'too many passwords are being checked', {
      hint: 'try again in a minute',
    });
  const inTurn = createFairTurns({ atATime, mostWaiting, tooMany });
  const known = new Map<string, User>();
  const names = new Map<number, string>();
  const onRemoved: Hook[] = [];
  const onPassword: Hook[] = [];
  /** Compared with where there is no such user: whether there is one does not show in the time it takes. */
  let nobody: Promise<string> | undefined;

  async function load(): Promise<void> {
    const users = await table.list();
    known.clear();
    names.clear();
    for (const user of users) {
      known.set(user.name, user);
      names.set(user.id, user.name);
    }
  }
  await load();

  const made = (password: string) =>
    inTurn({ address: 'here', identity: '' }, () => hashPassword(password, cost));

  /** Throws AppError 'not_found'. */
  function require(name: string): User {
    const user = known.get(name);
    if (user) return user;
    throw new AppError('not_found', `there is no user ${name}`, {
      hint: 'see `headwater user list`',
    });
  }

  return {
    /**
     * Gives the name of the user who asks from an address. Throws AppError 'unauthenticated'; to slow that down is left to doors.
     * Guesses from elsewhere, or of other users' passwords, keep nobody waiting.
     */
    async check(name: string, password: string, address = ''): Promise<string> {
      const stored = password.length <= longest ? await table.passwordOf(name) : undefined;
      nobody ??= hashPassword('', cost);
      const hash = stored ?? (await nobody);
      const right = await inTurn({ address, identity: name }, () =>
        isPassword(password.slice(0, longest), hash),
      );
      if (stored !== undefined && right) return name;
      throw new AppError('unauthenticated', 'the user name or the password is wrong', {
        detail: { reason: 'login' },
      });
    },

    /** Without a password, one who shows who they are otherwise. */
    async add(
      name: string,
      password: string | null,
      { by, description = '' }: { by: string; description?: string },
    ): Promise<User> {
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(name)) {
        throw new AppError('usage', `${name} cannot be a user's name`, {
          hint: 'up to 64 letters, digits and _ . @ - , the first one a letter, a digit or _',
        });
      }
      if (password !== null) requireGood(password);
      const hash = password === null ? null : await made(password);
      if (!(await table.add({ name, description, createdBy: by }, hash))) {
        throw new AppError('conflict', `there is a user ${name} already`, {
          hint: `\`headwater user password ${name}\` gives another password`,
        });
      }
      await load();
      audit.note({ actor: `user:${by}`, event: 'user.added', subject: name });
      return require(name);
    },

    async setPassword(name: string, password: string, by: string): Promise<void> {
      requireGood(password);
      require(name);
      await table.setPassword(name, await made(password));
      await load();
      for (const hook of onPassword) await hook(name);
      audit.note({ actor: `user:${by}`, event: 'user.password', subject: name });
    },

    async remove(name: string, by: string): Promise<void> {
      require(name);
      await table.remove(name);
      await load();
      for (const hook of onRemoved) await hook(name);
      audit.note({ actor: `user:${by}`, event: 'user.removed', subject: name });
    },

    /** By name. */
    all: (): User[] => [...known.values()],
    find: (name: string): User | undefined => known.get(name),
    require,
    has: (name: string): boolean => known.has(name),
    hasPassword: (name: string): boolean => known.get(name)?.hasPassword ?? false,
    idOf: (name: string): number | undefined => known.get(name)?.id,
    /** Throws AppError 'not_found'. */
    ocidOf: (name: string): string => ocids.of('user', require(name).id),
    /** The name of the user whom an OCID names. */
    byOcid(ocid: string): string | undefined {
      const id = ocids.read('user', ocid);
      return id === undefined ? undefined : names.get(id);
    },

    /** Calls `hook` when a user is gone, with all that the tables had of them. */
    onRemoved: (hook: Hook): void => void onRemoved.push(hook),
    /** Calls `hook` when a user has another password. */
    onPassword: (hook: Hook): void => void onPassword.push(hook),
  };
}

function requireGood(password: string): void {
  if (password.length >= shortest && password.length <= longest) return;
  throw new AppError('usage', `a password has ${shortest} to ${longest} characters`);
}
