import type { Audit } from '../../identity/audit.ts';
import type { Operations } from './operations.ts';

export type Commands = ReturnType<typeof createCommands>;

/** What a command changed that is noted nowhere else. */
interface Noted {
  event: string;
  subject?: string | undefined;
  detail?: string | undefined;
}

type Changes = {
  [O in keyof Operations]?: (
    result: Awaited<ReturnType<Operations[O]>>,
    ...args: Parameters<Operations[O]>
  ) => Noted;
};

const changes: Changes = {
  addSource: ({ label }) => ({ event: 'source.added', subject: label }),
  removeSource: (_, label) => ({ event: 'source.removed', subject: label }),
  pauseSource: (_, label) => ({ event: 'source.paused', subject: label }),
  resumeSource: (_, label) => ({ event: 'source.resumed', subject: label }),
  setSourceUrls: (_, label) => ({
    event: 'source.changed',
    subject: label,
    detail: 'its upstream',
  }),
  setFilters: (_, label) => ({ event: 'source.changed', subject: label, detail: 'its filters' }),
  addPackages: (_, { label, names }) => ({
    ...{ event: 'source.changed', subject: label, detail: `added ${names.join(' ')}` },
  }),
  removePackages: (_, { label, names }) => ({
    ...{ event: 'source.changed', subject: label, detail: `removed ${names.join(' ')}` },
  }),
  createSnapshot: (_, { label, name }) => ({
    ...{ event: 'snapshot.created', subject: label, detail: name },
  }),
  removeSnapshot: (_, label, name) => ({
    ...{ event: 'snapshot.removed', subject: label, detail: name },
  }),
  promoteStage: (_, stage, { to }) => ({
    ...{ event: 'source.promoted', subject: stage, detail: to ?? undefined },
  }),
  rollbackStage: (_, stage) => ({ event: 'source.rolled-back', subject: stage }),
  rotateKey: (fingerprint) => ({ event: 'signing-key.created', subject: fingerprint }),
  retireKey: (fingerprint) => ({ event: 'signing-key.retired', subject: fingerprint }),
  addWebhook: ({ name, events }) => ({
    ...{ event: 'webhook.added', subject: name, detail: events.join(' ') || 'all events' },
  }),
  removeWebhook: (_, name) => ({ event: 'webhook.removed', subject: name }),
  rotateTokenKey: () => ({ event: 'token-key.rotated' }),
};

/**
 * The operations as the command line carries them out for somebody: what a door for others notes of its requests, and nobody
 * of commands, goes to the audit once it is done.
 */
export function createCommands(operations: Operations, audit: Pick<Audit, 'note'>) {
  return (by: string): Operations =>
    new Proxy(operations, {
      get(target, name) {
        const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
        const about = changes[name as keyof Operations] as
          | ((result: unknown, ...args: unknown[]) => Noted)
          | undefined;
        if (!about) return call;
        return async (...args: unknown[]) => {
          const result = await call(...args);
          audit.note({ actor: `user:${by}`, ...about(result, ...args) });
          return result;
        };
      },
    });
}
