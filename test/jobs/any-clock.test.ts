import { expect, it } from 'vitest';
import { nextDue } from '../../src/jobs/due-times.ts';
import type { Job } from '../../src/jobs/job.ts';
import { randomFrom } from '../support/random.ts';
import { openJobs } from './clock.ts';

const minute = 60_000;
const day = 86_400_000;
const start = Date.parse('2026-03-27T00:00:00Z');

/** All times at which a job is due between two instants, one after the other. */
function duesOf(job: Job, from: number, until: number): string[] {
  const found: string[] = [];
  const timing = { schedule: job.schedule, window: job.rollout.window };
  for (let at = nextDue(timing, from - 1); at !== undefined && at <= until; ) {
    found.push(new Date(at).toISOString());
    at = nextDue(timing, at);
  }
  return found;
}

it('Whatever clocks and processes do, no time of a job has two runs, and none that was lived through has none', {
  timeout: 120_000,
}, async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const next = randomFrom(seed);
    const below = (n: number) => Math.floor(next() * n);
    const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
    const test = await openJobs(new Date(start).toISOString());
    const window = { from: '01:30', minutes: 120 };
    for (const [schedule, rollout] of [
      [{ every: 'day', from: '2026-03-27T02:30:00Z' }, {}],
      [{ every: 'day', from: '2026-03-27T22:30:00Z' }, { window }],
      [{ every: 'hour', interval: 5, from: '2026-03-27T00:10:00Z' }, {}],
      [{ cron: '15 */6 * * *' }, {}],
    ] as const) {
      await test.create({ ...schedule, timeZone: 'Europe/Berlin' }, { rollout });
    }
    const jobs = await test.jobs.list();
    /** Stretches that the clock went through steadily while somebody looked at it. */
    const lived: [number, number][] = [];
    for (let step = 0; step < 40; step++) {
      const from = test.knobs.now;
      const what = below(10);
      if (what === 0) test.knobs.now -= below(600) * minute;
      else if (what === 1) test.knobs.now += below(3000) * minute;
      else if (what === 2) test.again();
      else if (what === 3) {
        // Killed once the first run is made that is due now; others are made when it is back.
        test.knobs.killed = true;
        await test.pass(pick([5, 60]), 5);
        test.knobs.killed = false;
        test.again();
      } else {
        await test.pass(120, 10);
        lived.push([from, test.knobs.now]);
      }
      await test.jobs.tick();
      await test.finishRuns();
    }
    const keys = test.made.map(({ job, dueAt }) => `${job} ${dueAt}`);
    expect(new Set(keys).size, `seed ${seed}`).toBe(keys.length);
    for (const job of jobs) {
      const known = new Set(duesOf(job, start - 20 * day, Date.parse('2026-07-01T00:00:00Z')));
      const made = test.made.filter((run) => run.job === job.id).map(({ dueAt }) => dueAt!);
      for (const due of made) expect(known, `seed ${seed}`).toContain(due);
      for (const [from, until] of lived) {
        for (const due of duesOf(job, from + 1, until)) {
          expect(made, `seed ${seed}, job ${job.id}`).toContain(due);
        }
      }
    }
    expect(keys.length).toBeGreaterThan(15);
  }
});
