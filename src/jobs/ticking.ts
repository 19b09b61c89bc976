import { explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

interface Deps {
  /** Does what is due; gives whether nothing of it is to be tried again. */
  tick(): Promise<boolean>;
  /** When the next thing is due (RFC 3339). */
  next(): Promise<string | undefined>;
  now(): number;
  log: Log;
}

/** The clock is looked at so often, as it may be set, in milliseconds. */
const longestWait = 30_000;

/** Does what is due, at once and whenever something is. */
export function startTicking({ tick, next, now, log }: Deps) {
  let handle: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  let asked = false;

  async function run(): Promise<void> {
    let wait = longestWait;
    try {
      const settled = await tick();
      const due = settled ? await next() : undefined;
      if (due !== undefined) wait = Math.min(Math.max(Date.parse(due) - now(), 0), longestWait);
    } catch (error) {
      log.error({ reason: explain(error) }, 'jobs could not be looked at');
    }
    running = undefined;
    if (!stopped) handle = setTimeout(begin, asked ? 0 : wait).unref();
    asked = false;
  }

  function begin(): void {
    clearTimeout(handle);
    running = run();
  }

  begin();
  return {
    /** Something may be due earlier than it was. */
    again(): void {
      if (running) asked = true;
      else if (!stopped) begin();
    },

    /** Waits for what is being done. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(handle);
      await running;
      clearTimeout(handle);
    },
  };
}
