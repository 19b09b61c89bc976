/**
 * npm run bench:runs -- [--instances 10000] [--packages 1000] [--connections 16]
 *
 * Registers so many instances over the protocol of their client, each with a profile of so many packages, at a server of its
 * own; has all of them check in once without work; then gives all of them work as one run, and has them check in again, each
 * taking its work up and reporting it. The server is killed in the middle of that and started again. Prints how long making the run took,
 * how many check-ins a second there were with and without work, and whether an action was lost or a result counted twice.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Run } from '../src/fleet/run-types.ts';
import { fixtureFolder } from './fleet/folder.ts';
import { load, shownTimes } from './fleet/load.ts';
import { createMachine } from './fleet/machine.ts';
import { measure } from './measure.ts';
import { headwater, startServer } from './server.ts';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '10000' },
    packages: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '16' },
  },
});
const count = Number(values.instances);
const at = Number(values.connections);
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const agent = new Agent({ maxSockets: at });
const config = await fixtureFolder(work);
const env = { ...process.env, HEADWATER_CONFIG: config, HEADWATER_LISTEN: '127.0.0.1:0' };

try {
  const { stdout } = await measure([headwater, 'sync', '--all'], { env });
  if (/failed/.test(stdout)) throw new Error(stdout);
  let server = await startServer(env);
  const key = await command<{ key: string }>('key', 'create', '--name', 'bench');
  const address = { url: server.url };
  const machines = Array.from({ length: count }, (_, number) =>
    createMachine(() => address.url, {
      ...{ number, key: key.key, packages: Number(values.packages), agent },
    }),
  );
  console.log('| what | a second | ms: median | p99 | most | server CPU s | peak MB |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');

  /** Has all of some machines do something once. */
  async function all(
    what: string,
    some: typeof machines,
    one: (m: (typeof machines)[0]) => unknown,
  ) {
    let next = 0;
    const before = await server.cpu();
    const found = await load(async () => one(some[next++]!), { at, count: some.length });
    const cpu = (await server.cpu()) - before;
    console.log(`| ${what} | ${shownTimes(found)} | ${cpu.toFixed(1)} | ${await server.peak()} |`);
  }

  await all('registrations', machines, (m) => m.register());
  await all('check-ins', machines, (m) => m.checkIn());
  const before = performance.now();
  const ids = machines.map((m) => String(m.id));
  const made = await command<Run>('instance', 'install', ...ids, 'weir');
  const took = ((performance.now() - before) / 1000).toFixed(2);
  const inServer = ((Date.now() - Date.parse(made.acceptedAt)) / 1000).toFixed(2);
  const done = new Map<number, number>();
  const takeUp = async (machine: (typeof machines)[0]) => {
    await machine.checkIn({ ask: false });
    const acted = await machine.work();
    done.set(machine.id, (done.get(machine.id) ?? 0) + acted);
  };
  const half = Math.floor(count / 2);
  await all('check-ins that take work up and report it', machines.slice(0, half), takeUp);
  // In the middle of some, which come again; each once, as a machine asks one thing at a time.
  let cut = half;
  const broken = load(async () => takeUp(machines[cut++]!), {
    ...{ at, count: Math.min(200, count - half) },
  }).catch(() => {});
  await sleep(300);
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  await broken;
  server = await startServer(env);
  address.url = server.url;
  await all('the same after a SIGKILL', machines.slice(half), takeUp);
  await sleep(3000);
  const { counts, status, message } = await command<Run>('run', 'show', String(made.id));
  const twice = [...done.values()].filter((acted) => acted > 1).length;
  console.log(
    `\nthe run on ${count} instances was made within ${took} s, with the start of the command`,
  );
  console.log(`(${inServer} s after it was accepted everything was answered)`);
  console.log(
    `afterwards: ${status}, ${message}; lost: ${count - counts.done}, done twice: ${twice}`,
  );
  await server.stop();
} finally {
  await rm(work, { recursive: true, force: true });
}

async function command<T>(...words: string[]): Promise<T> {
  const { stdout } = await measure([headwater, ...words, '--json'], { env });
  return JSON.parse(stdout) as T;
}
