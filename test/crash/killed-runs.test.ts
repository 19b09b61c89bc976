import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Run, RunChild } from '../../src/fleet/run-types.ts';
import type { Action } from '../../src/store/state/actions.ts';
import type { Server } from '../cli/headwater.ts';
import { randomFrom } from '../support/random.ts';
import { call, placeForMachines, register } from './registering.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
const machines = 16;
const atOnce = 5;
const mostKills = 5;

interface Machine {
  id: number;
  systemid: string;
  /** The actions that it was handed. */
  handed: Set<number>;
  /** What it said of an action, in the order in which it did; whether it was told that that was taken. */
  said: string[];
  taken: boolean;
}

it(`A run loses nothing and counts nothing twice when the server is killed (CRASH_SEED=${seed})`, {
  timeout: 180_000,
}, async () => {
  const random = randomFrom(seed);
  const place = await placeForMachines();
  expect((await place.run('sync', '--all')).code).toBe(0);
  const made = await place.json<{ key: string }>('key', 'create', '--name', 'k');
  const known: Machine[] = [];
  let serving = true;

  /** Asks again and again, and says what came of what it got. */
  async function work(server: Server, machine: Machine): Promise<void> {
    const status = { uname: ['Linux', 'h', '5', '#1', 'x86_64'], uptime: [1000, 1] };
    while (serving) {
      const got = await call(server, 'queue.get', machine.systemid, 2, status);
      if (got === '') {
        await sleep(random() * 60);
        continue;
      }
      const { id } = got as { id: number };
      expect(machine.taken, 'what was taken is offered again').toBe(false);
      machine.handed.add(id);
      const message = `said ${machine.said.length + 1}`;
      machine.said.push(message);
      await call(server, 'queue.submit', machine.systemid, id, 0, message, {});
      machine.taken = true;
    }
  }

  let run: Run | undefined;
  let isOver = false;
  for (let round = 1; !isOver; round++) {
    const server = await place.serve();
    if (!run) {
      for (let i = 0; i < machines; i++) {
        const machine = await register(server, made.value.key);
        known.push({ ...machine, handed: new Set(), said: [], taken: false });
      }
      const ids = known.map((m) => String(m.id));
      const options = ['--at-once', String(atOnce)];
      ({ value: run } = await place.json<Run>('instance', 'install', ...ids, 'weir', ...options));
    }
    serving = true;
    // The connection of whoever is not answered breaks.
    const all = Promise.allSettled(known.map((machine) => work(server, machine)));
    await sleep(round > mostKills ? 3000 : 50 + random() * 150);
    serving = false;
    await server.stop(round > mostKills ? 'SIGTERM' : 'SIGKILL');
    for (const { status, reason } of (await all) as { status: string; reason?: Error }[]) {
      if (status === 'rejected' && /offered again/.test(String(reason))) throw reason;
    }
    const { value } = await place.json<Run & { children: RunChild[] }>(
      ...['run', 'show', String(run.id), '--limit', '100'],
    );
    expect(value.counts.queued + value.counts.picked_up).toBeLessThanOrEqual(atOnce);
    for (const machine of known) {
      const child = value.children.find((c) => c.instance === machine.id)!;
      if (machine.taken) expect(child.outcome, 'what was acknowledged is lost').toBe('done');
      if (machine.said.length === 0) expect(child.outcome).not.toBe('done');
      expect(machine.handed.size, 'it got its work under two numbers').toBeLessThanOrEqual(1);
    }
    isOver = value.finishedAt !== null;
    expect(round, `it goes on: ${JSON.stringify(value.counts)}`).toBeLessThan(mostKills + 10);
    if (!isOver) continue;
    expect(value).toMatchObject({
      ...{ status: 'SUCCEEDED', message: `${machines} of ${machines} done` },
      counts: { done: machines, total: machines },
    });
    for (const machine of known.slice(0, 4)) {
      const { value: actions } = await place.json<Action[]>(
        'instance',
        'actions',
        String(machine.id),
      );
      expect(actions).toHaveLength(1);
      expect(actions[0]).toMatchObject({ state: 'completed', id: [...machine.handed][0] });
      expect(machine.said).toContain(actions[0]!.message);
    }
  }
});
