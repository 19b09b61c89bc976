import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { StateDb, StateTables } from './state.ts';

export type StateTransaction = Transaction<StateTables>;

export type GroupCommit = ReturnType<typeof createGroupCommit>;

/** At most so many writes in one transaction: others wait for as long as it holds the database. */
const most = 200;
/** Transactions that follow one another closely begin so many milliseconds apart: each waits for the disk. */
const pause = 10;

/**
 * Makes many small writes durable at the cost of few: what arrives while a transaction runs goes into the next one
 * together. A write has returned when it is on the disk.
 */
export function createGroupCommit(db: StateDb) {
  interface Write {
    run(tx: StateTransaction): Promise<unknown>;
    done(result: unknown): void;
    failed(error: unknown): void;
  }
  let waiting: Write[] = [];
  let running: Promise<void> | undefined;
  let began = Number.NEGATIVE_INFINITY;

  async function work(): Promise<void> {
    // Those that come in this turn of the event loop go along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const early = began + pause - performance.now();
      if (early > 0 && waiting.length < most) await sleep(early);
      began = performance.now();
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await commit(batch).catch(() => eachAlone(batch));
    }
    running = undefined;
  }

  async function commit(batch: readonly Write[]): Promise<void> {
    const results: unknown[] = [];
    await db.transaction().execute(async (tx) => {
      for (const write of batch) results.push(await write.run(tx));
    });
    for (const [i, write] of batch.entries()) write.done(results[i]);
  }

  /** One that fails takes nobody else's with it. */
  async function eachAlone(batch: readonly Write[]): Promise<void> {
    for (const write of batch) {
      await db
        .transaction()
        .execute((tx) => write.run(tx))
        .then(write.done, write.failed);
    }
  }

  return {
    /** Runs a write, which may be run twice if another one fails; its changes are there when this returns, or it throws. */
    write<T>(run: (tx: StateTransaction) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        waiting.push({ run, done: (result) => resolve(result as T), failed: reject });
        running ??= work();
      });
    },

    /** Returns when everything is written that was asked for. */
    async settled(): Promise<void> {
      await running;
    },
  };
}
