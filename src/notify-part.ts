import { once } from 'node:events';
import { AppError, diskError, explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { NotificationSettings } from './cli/notifications-section.ts';
import type { Instances } from './fleet/instances.ts';
import type { Run, Runs } from './fleet/run-types.ts';
import type { Ocids } from './identity/ocid.ts';
import type { Jobs } from './jobs/jobs.ts';
import { createDeliverer } from './notify/deliverer.ts';
import { createNotifications } from './notify/notifications.ts';
import { createRunNews, type EndedRun } from './notify/run-news.ts';
import { send } from './notify/send.ts';
import { createSilences } from './notify/silences.ts';
import { createSourceNews } from './notify/source-news.ts';
import { createWebhooks } from './notify/webhooks.ts';
import type { NotifyStores } from './notify-stores.ts';
import type { NotificationOperations } from './server/control/notifications.ts';
import type { SyncEnd } from './store/state/syncs.ts';
import type { Stores } from './stores.ts';

interface Deps extends Pick<Stores, 'syncs' | 'revisions' | 'catalogue'> {
  notifyStores: NotifyStores;
  instances: Pick<Instances, 'get'>;
  ocids: Ocids;
  log: Log;
  settings(): NotificationSettings;
  runs: Pick<Runs, 'list' | 'onEnded'>;
  jobs: Pick<Jobs, 'onUnable'>;
  jobName(id: number): Promise<string | undefined>;
  /** The instances that an advisory concerns. */
  affected(advisory: string): Promise<{ instance: number; state: 'affected' | 'fixed' }[]>;
  /** Labels of the sources that are mirrored. */
  mirrored(): string[];
}

/** At start so many runs are looked at, the latest first, for what was not told. */
const lookedBack = 1000;
/** How often silent instances are looked for, and what has had its time is removed, in milliseconds. */
const lookEvery = 600_000;

/** Puts together who is told of what happens. Nothing here holds up what it tells of, nor fails it. */
export function createNotifyPart({ notifyStores, syncs, revisions, log, settings, ...deps }: Deps) {
  const now = Date.now;
  const { told, ...tables } = notifyStores;
  const deliverer = createDeliverer({ ...tables, send, log, now });
  const notifications = createNotifications({ ...tables, deliverer, log, now });
  const webhooks = createWebhooks({ ...tables, send, now });
  const sourceNews = createSourceNews({
    ...{ notifications, told, syncs, now, current: revisions.current },
    newAdvisories: deps.catalogue.newAdvisories,
    affected,
  });
  const silences = createSilences({
    ...{ notifications, told, now },
    async heardAt(id) {
      const instance = await deps.instances.get(id);
      return instance && (instance.seenAt ?? instance.registeredAt);
    },
    ocidOf: (id) => deps.ocids.of('instance', id),
    silentAfter: () => settings().silentAfterMs,
  });
  const runNews = createRunNews({
    ...{ notifications, told, now },
    async endedSince(time) {
      const ended = (await deps.runs.list({ limit: lookedBack })).filter(
        (run) => run.instance === undefined && (run.finishedAt ?? '') >= time,
      );
      return Promise.all(ended.map(described));
    },
  });

  let last: Promise<void> = Promise.resolve();
  let started = false;
  const closing = new AbortController();
  const closed = once(closing.signal, 'abort');

  /** One after the other, and behind whoever asks. */
  function behind(work: () => Promise<unknown>): void {
    last = last.then(async () => {
      await work().catch((error) => {
        // The next process tells of it.
        if (closing.signal.aborted) return;
        const known = diskError(error, 'noting whom to notify');
        const level = known instanceof AppError ? 'warn' : 'error';
        log[level]({ reason: explain(known) }, 'nobody was notified of this yet');
      });
    });
  }

  /** Whom an advisory concerns may take long to tell: nobody waits for it at the end. */
  async function affected(advisory: string): Promise<number[] | undefined> {
    const answer = deps.affected(advisory).then(
      (all) => all.filter(({ state }) => state === 'affected').map(({ instance }) => instance),
      (error) => {
        log.warn({ advisory, reason: explain(error) }, 'whom an advisory concerns is not known');
        return undefined;
      },
    );
    const ended = closed.then(() => {
      throw new AppError('cancelled', 'the server was stopped meanwhile');
    });
    return Promise.race([answer, ended]);
  }

  async function described(run: Run): Promise<EndedRun> {
    const { id, ocid, description, operationType, job, status, message } = run;
    const name = job === null ? undefined : await deps.jobName(job);
    return {
      ...{ id, ocid, description, operation: operationType, status, message },
      ...{ startedAt: run.startedAt, finishedAt: run.finishedAt },
      job: job === null ? null : { id: job, name: name ?? null },
      counts: Object.fromEntries(Object.entries(run.counts).filter(([, count]) => count > 0)),
    };
  }

  deps.runs.onEnded((run) => {
    // Of one instance alone whoever asked for it looks at it.
    if (run.instance !== undefined) return;
    behind(async () => runNews.runEnded(await described(run)));
  });

  deps.jobs.onUnable((job) => behind(() => runNews.jobUnable(job)));

  async function advisories(label: string): Promise<void> {
    if (started && !closing.signal.aborted) await sourceNews.advisories(label);
  }

  async function tidy(): Promise<void> {
    if (closing.signal.aborted) return;
    await silences.look();
    await notifications.prune();
    await runNews.prune();
  }

  let timer: NodeJS.Timeout | undefined;
  const operations: NotificationOperations = {
    addWebhook: webhooks.add,
    listWebhooks: webhooks.list,
    showWebhook: webhooks.show,
    testWebhook: webhooks.test,
    removeWebhook: webhooks.remove,
  };

  return {
    operations,

    syncEnded(label: string, end: SyncEnd): void {
      if (end.outcome === 'failed') behind(() => sourceNews.failed(label, end));
      // One that failed may have published before. Without a server the next one tells.
      behind(() => advisories(label));
    },

    /** Sends what waits, and looks for silent instances, from now on. */
    start(): void {
      started = true;
      notifications.start();
      for (const label of deps.mirrored()) behind(() => advisories(label));
      behind(runNews.recover);
      behind(tidy);
      timer = setInterval(() => behind(tidy), lookEvery).unref();
    },

    /** What happened until now is queued for the next process. */
    async close(): Promise<void> {
      clearInterval(timer);
      closing.abort();
      await last;
      await notifications.close();
    },
  };
}
