import { AppError } from '../base/errors.ts';
import type { SessionTable, StoredSession } from '../store/state/sessions.ts';
import type { Audit } from './audit.ts';
import type { Caller } from './caller.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { SlowDown } from './slow-down.ts';
import type { Users } from './users.ts';

interface Deps {
  table: SessionTable;
  users: Pick<Users, 'idOf' | 'check' | 'onRemoved' | 'onPassword'>;
  audit: Pick<Audit, 'note'>;
  slowDown: Pick<SlowDown, 'attempt' | 'failed' | 'succeeded'>;
}

/** How long somebody stays logged in, in milliseconds. */
const lifetime = 12 * 3_600_000;
/** Of one user at a time: the oldest gives way. */
const mostOfOne = 50;
/** Of all users: how many have begun since those that are over were looked for. */
const sweepAfter = 20;

/** Users that are logged in with a browser. All are in memory, by the hashes of their secrets. */
export async function createSessions({ table, users, audit, slowDown }: Deps) {
  const byHash = new Map<string, StoredSession>();
  let opened = 0;
  let passwordsChanged = 0;
  for (const row of await table.all()) byHash.set(row.hash.toString('hex'), row);

  // Whoever knew the old password is out, be it them or not.
  users.onPassword(async (name) => {
    passwordsChanged++;
    await closeAll(name);
  });
  users.onRemoved(closeAll);

  async function remove(session: StoredSession): Promise<void> {
    byHash.delete(session.hash.toString('hex'));
    await table.remove(session.hash);
  }

  async function sweep(): Promise<void> {
    const now = new Date().toISOString();
    for (const [key, session] of byHash) if (session.expiresAt <= now) byHash.delete(key);
    await table.removeEnded(now);
  }

  /** Logs a user out everywhere. */
  async function closeAll(user: string): Promise<void> {
    for (const session of byHash.values()) if (session.user === user) await remove(session);
  }

  const of = (userId: number) => [...byHash.values()].filter((s) => s.userId === userId);

  return {
    /**
     * Logs a user in. Throws AppError 'unauthenticated', each time later where somebody fails again and again, and 'limit' where
     * too many guesses come together.
     */
    async open(
      user: string,
      password: string,
      address: string,
    ): Promise<{ secret: string; expiresAt: string }> {
      const identity = `user:${user}`;
      const subject = user.slice(0, 64);
      await slowDown.attempt(address, identity, async () => {
        for (let before: number | undefined; before !== passwordsChanged; ) {
          before = passwordsChanged;
          await users.check(user, password, address).catch(async (error) => {
            if (error instanceof AppError && error.kind === 'unauthenticated') {
              audit.note({ actor: 'anyone', event: 'session.refused', subject, address });
              await slowDown.failed(address, identity);
            }
            throw error;
          });
        }
        slowDown.succeeded(address, identity);
      });
      if (opened++ % sweepAfter === 0) await sweep();
      const userId = users.idOf(user);
      if (userId === undefined)
        throw new AppError('unauthenticated', `there is no user ${user} now`);
      const secret = newSecret();
      const now = Date.now();
      const session = {
        hash: hashOf(secret),
        ...{ user, userId, address },
        createdAt: new Date(now).toISOString(),
        expiresAt: new Date(now + lifetime).toISOString(),
      };
      byHash.set(session.hash.toString('hex'), session);
      await table.add(session);
      for (const old of of(userId).slice(0, -mostOfOne)) await remove(old);
      audit.note({ actor: identity, event: 'session.opened', address });
      return { secret, expiresAt: session.expiresAt };
    },

    /** Who has it, and until when; undefined where it is none, or over. */
    read(secret: string): (Caller & { expiresAt: string }) | undefined {
      const session = byHash.get(hashOf(secret).toString('hex'));
      if (!session || Date.parse(session.expiresAt) <= Date.now()) return undefined;
      const { user: name, userId, expiresAt } = session;
      if (users.idOf(name) !== userId) return undefined;
      const actor = `user:${name}`;
      return { kind: 'user', name, actor, by: 'session', scopes: undefined, expiresAt };
    },

    /** Logs out. */
    async close(secret: string): Promise<void> {
      const session = byHash.get(hashOf(secret).toString('hex'));
      if (!session) return;
      await remove(session);
      const { user, address } = session;
      audit.note({ actor: `user:${user}`, event: 'session.closed', address });
    },
  };
}
