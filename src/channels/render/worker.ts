import { AppError, errorCode } from '../../base/errors.ts';
import { openCache } from '../../store/cache/cache.ts';
import type { Swept } from '../../store/cache/sweep.ts';
import { createObjects } from '../../store/objects/objects.ts';
import { dataPaths } from '../../store/paths.ts';
import { serveCalls } from '../../store/worker-calls.ts';
import type { Origin } from '../content/content.ts';
import { createContents } from '../content/contents.ts';
import { openpgp } from '../signing/openpgp.ts';
import type { Compression } from './encoder.ts';
import { render, warm } from './render.ts';
import type { RenderJob } from './rendered.ts';
import { createTurnstile } from './turnstile.ts';

export type WorkerJob =
  | { op: 'render'; key: string; job: RenderJob; keys: string[]; background: boolean }
  | { op: 'warm'; origin: Pick<Origin, 'label' | 'manifest'>; compression: Compression }
  /** What was under way in the background with this key is waited for now. */
  | { op: 'hurry'; key: string }
  | { op: 'sweep'; asked: string[]; unusedDays: number; dryRun: boolean };

const isDamage = (error: unknown): boolean => error instanceof AppError && error.kind === 'invalid';

serveCalls<{ root: string }, WorkerJob, Swept | undefined>(
  ({ root }) => {
    const paths = dataPaths(root);
    const objects = createObjects(paths);
    const contents = createContents({ objects, paths });
    const turnstile = createTurnstile();
    // The first revision is signed as quickly as the next.
    openpgp().catch(() => {});
    let opened: ReturnType<typeof openCache> | undefined;

    function cacheNow(): ReturnType<typeof openCache> {
      if (opened && !opened.isThere()) {
        opened.close();
        opened = undefined;
      }
      opened ??= openCache(paths);
      return opened;
    }

    return async (job) => {
      switch (job.op) {
        case 'render': {
          const { key, keys } = job;
          const { label, revision } = job.job;
          await turnstile.pass(key, job.background, async (gate) => {
            const content = await contents.of(label, revision);
            const make = () =>
              render({ paths, objects, cache: cacheNow(), content, keys, gate }, job.job, key);
            try {
              await make();
            } catch (error) {
              // A file of the cache that was removed, or cut short.
              if (errorCode(error) !== 'ENOENT' && !isDamage(error)) throw error;
              cacheNow().forgetLost();
              await make();
            }
          });
          return undefined;
        }
        case 'warm': {
          const all = {
            packages: 'all',
            advisories: 'all',
            modules: 'all',
            groups: 'all',
          } as const;
          const content = { origins: [{ ...job.origin, ...all }], remarks: [] };
          await turnstile.pass('', true, (gate) =>
            warm({ paths, objects, cache: cacheNow(), content, keys: [], gate }, job.compression),
          );
          return undefined;
        }
        case 'hurry':
          turnstile.hurry(job.key);
          return undefined;
        case 'sweep':
          return cacheNow().sweep(job.asked, job.unusedDays, job.dryRun);
      }
    };
  },
  // Clients wait for it.
  { together: true, urgent: true },
);
