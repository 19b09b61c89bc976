import { AppError } from '../../base/errors.ts';
import { createWorkerCalls } from '../../store/worker-calls.ts';
import type { CheckOptions } from './check.ts';
import type { RevisionOf } from './gather.ts';
import type { Report } from './report.ts';
import type { CheckJob } from './worker.ts';

export type Checker = ReturnType<typeof createChecker>;

/** It makes more that lasts than other threads do, and ends soon. */
const youngMegabytes = 48;

/** Checks revisions, each in a thread that ends with it and gives its memory back; one after the other. */
export function createChecker({ root }: { root: string }) {
  let tail: Promise<unknown> = Promise.resolve();
  let closed = false;
  let close: (() => Promise<void>) | undefined;

  function run(job: CheckJob): Promise<Report | string | undefined> {
    const result = tail.then(async () => {
      if (closed) throw new AppError('cancelled', 'the program ends');
      const thread = createWorkerCalls<CheckJob, Report | string | undefined>(
        new URL('worker.ts', import.meta.url),
        { root },
        { youngMegabytes },
      );
      close = thread.close;
      try {
        return await thread.call(job);
      } finally {
        close = undefined;
        await thread.close();
      }
    });
    tail = result.catch(() => {});
    return result;
  }

  return {
    /** The report of a source's revision, its lists bounded. Throws AppErrors. */
    async check(revision: RevisionOf, options: CheckOptions): Promise<Report> {
      return (await run({ op: 'check', revision, options })) as Report;
    },

    /** Says what the second revision lacks that the first did not; undefined where it is no worse. Throws AppErrors. */
    async compare(
      before: RevisionOf,
      after: RevisionOf,
      options: CheckOptions,
    ): Promise<string | undefined> {
      return (await run({ op: 'compare', before, after, options })) as string | undefined;
    },

    /** Breaks off what is under way. */
    async close(): Promise<void> {
      closed = true;
      await close?.();
      await tail;
    },
  };
}
