import { AppError } from '../base/errors.ts';
import type { SessionTable, StoredSession } from '../store/state/sessions.ts';
import type { Audit } from './audit.ts';
import type { Caller } from './caller.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { SlowDown } from './slow-down.ts';

export type Sessions = Awaited<ReturnType<typeof createSessions>>;

interface Deps {
  table: SessionTable;
  users: {
    idOf(name: string): number | undefined;
    /** Throws AppError 'unauthenticated'. */
    check(name: string, password: string, address: string): Promise<string>;
  };
  audit: Pick<Audit, 'note'>;
  slowDown: Pick<SlowDown, 'failed' | 'succeeded'>;
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
  for (const row of await table.all()) byHash.set(row.hash.toString('hex'), row);

  async function remove(session: StoredSession): Promise<void> {
    byHash.delete(session.hash.toString('hex'));
    await table.remove(session.hash);
  }

  async function sweep(): Promise<void> {
    const now = new Date().toISOString();
    for (const [key, session] of byHash) if (session.expiresAt <= now) byHash.delete(key);
    await table.removeEnded(now);
  }

  const of = (userId: number) => [...byHash.values()].filter((s) => s.userId === userId);

  return {
    /**
     * Logs a user in. Throws AppError 'unauthenticated', each time later where somebody fails again and again.
     */
    async open(
      user: string,
      password: string,
      address: string,
    ): Promise<{ secret: string; expiresAt: string }> {
      const identity = `user:${user}`;
      const subject = user.slice(0, 64);
      await users.check(user, password, address).catch(async (error) => {
        if (error instanceof AppError && error.kind === 'unauthenticated') {
          audit.note({ actor: 'anyone', event: 'session.refused', subject, address });
          await slowDown.failed(address, identity);
        }
        throw error;
      });
      slowDown.succeeded(address, identity);
      const userId = users.idOf(user)!;
      if (opened++ % sweepAfter === 0) await sweep();
      for (const old of of(userId).slice(0, 1 - mostOfOne)) await remove(old);
      const secret = newSecret();
      const now = Date.now();
      const session = {
        hash: hashOf(secret),
        ...{ user, userId, address },
        createdAt: new Date(now).toISOString(),
        expiresAt: new Date(now + lifetime).toISOString(),
      };
      await table.add(session);
      byHash.set(session.hash.toString('hex'), session);
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

    /** Logs a user out everywhere. */
    async closeAll(user: string): Promise<void> {
      const userId = users.idOf(user);
      if (userId === undefined) return;
      for (const session of of(userId)) byHash.delete(session.hash.toString('hex'));
      await table.removeAll(userId);
    },
  };
}
