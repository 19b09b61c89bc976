import { AppError } from '../base/errors.ts';
import type { BearerToken, BearerTokenTable, StoredToken } from '../store/state/bearer-tokens.ts';
import type { Audit } from './audit.ts';
import { type Caller, resourceTypes, type Scope, verbs } from './caller.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { Users } from './users.ts';

interface Deps {
  table: BearerTokenTable;
  users: Pick<Users, 'idOf' | 'onRemoved'>;
  audit: Pick<Audit, 'note'>;
}

/** A token that is to be made. `scopes` as `VERB RESOURCE-TYPE`, none for all that the user may. */
export type NewToken = Omit<BearerToken, 'createdAt'>;

const mostOfOne = 100;

/** Secrets with which scripts act as users. All are in memory, by their hashes; this process is their only writer. */
export async function createBearerTokens({ table, users, audit }: Deps) {
  const byHash = new Map<string, StoredToken & { limited: readonly Scope[] | undefined }>();

  async function load(): Promise<void> {
    const rows = await table.all();
    byHash.clear();
    for (const row of rows) {
      const limited = row.scopes.length === 0 ? undefined : row.scopes.map(readScope);
      byHash.set(row.hash.toString('hex'), { ...row, limited });
    }
  }
  await load();
  users.onRemoved(load);

  const of = (user: string) => [...byHash.values()].filter((token) => token.user === user);

  return {
    /** Gives the secret, which is told only now. */
    async create(token: NewToken, by: string): Promise<string> {
      const { user, name, scopes, expiresAt } = token;
      const userId = users.idOf(user);
      if (userId === undefined) {
        throw new AppError('not_found', `there is no user ${user}`, {
          hint: 'see `headwater user list`',
        });
      }
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) {
        throw new AppError('usage', `${name} cannot be a token's name`, {
          hint: 'up to 64 letters, digits and _ . - , the first one a letter, a digit or _',
        });
      }
      for (const scope of scopes) readScope(scope);
      const createdAt = new Date().toISOString();
      if (expiresAt <= createdAt) throw new AppError('usage', `${expiresAt} is over already`);
      if (of(user).length >= mostOfOne) {
        throw new AppError('conflict', `${user} has ${mostOfOne} tokens already`, {
          hint: '`headwater token revoke` makes room',
        });
      }
      const secret = newSecret();
      const stored = { ...{ userId, name, scopes, expiresAt, createdAt }, hash: hashOf(secret) };
      if (!(await table.add(stored))) {
        throw new AppError('conflict', `${user} has a token ${name} already`);
      }
      await load();
      const detail = [`until ${expiresAt}`, ...scopes].join(', ');
      audit.note({
        actor: `user:${by}`,
        event: 'token.created',
        subject: `${user}/${name}`,
        detail,
      });
      return secret;
    },

    /** Of one user, or all; those that are over too. */
    list: (user?: string): BearerToken[] =>
      (user === undefined ? [...byHash.values()] : of(user)).map(
        ({ hash: _hash, userId: _id, limited: _limited, ...about }) => about,
      ),

    async revoke(user: string, name: string, by: string): Promise<void> {
      const userId = users.idOf(user);
      if (userId === undefined || !(await table.remove(userId, name))) {
        throw new AppError('not_found', `${user} has no token ${name}`, {
          hint: 'see `headwater token list`',
        });
      }
      await load();
      audit.note({ actor: `user:${by}`, event: 'token.revoked', subject: `${user}/${name}` });
    },

    /** Who has it; undefined where it is none, or over. */
    read(secret: string): Caller | undefined {
      const token = byHash.get(hashOf(secret).toString('hex'));
      if (!token || Date.parse(token.expiresAt) <= Date.now()) return undefined;
      // The user may have been removed, and another of that name added.
      if (users.idOf(token.user) !== token.userId) return undefined;
      const { user: name, limited: scopes } = token;
      return { kind: 'user', name, actor: `user:${name}`, by: 'token', scopes };
    },
  };
}

const scopeTypes: readonly string[] = [...resourceTypes, 'osms-family', 'all-resources'];

/** Reads `VERB RESOURCE-TYPE`. Throws AppError 'usage'. */
function readScope(text: string): Scope {
  const [verb = '', type = '', ...more] = text.trim().toLowerCase().split(/\s+/);
  if ((verbs as readonly string[]).includes(verb) && scopeTypes.includes(type) && more.length === 0)
    return { verb, type } as Scope;
  throw new AppError('usage', `"${text}" is nothing that a token can be limited to`, {
    hint: `one of ${verbs.join(', ')} and one of ${scopeTypes.join(', ')}, such as "read osms-software-sources"`,
  });
}
