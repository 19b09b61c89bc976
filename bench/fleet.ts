/**
 * npm run bench:fleet -- [--instances 10000] [--packages 1000] [--seconds 20] [--connections 16] [--keep-alive]
 *
 * Registers so many instances over the protocol of their client, each with a profile of so many packages, at a server of its
 * own; then asks for their channels, then checks them in (login, listChannels, repomd.xml, a profile that changed in a few
 * packages, queue.get), as fast as it goes and for so long each; then has all of them check in within a minute and looks
 * whether anything was lost. Prints how many a second, how long they took, and the server's memory, processor time and
 * databases. As clients do, each call has a connection of its own, unless `--keep-alive` is given.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fixtureFolder } from './fleet/folder.ts';
import { load, shownTimes } from './fleet/load.ts';
import { createMachine, type Machine } from './fleet/machine.ts';
import { measure } from './measure.ts';
import { headwater, sizes, startServer } from './server.ts';

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '10000' },
    packages: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '16' },
    'keep-alive': { type: 'boolean', default: false },
  },
});
const count = Number(values.instances);
const seconds = Number(values.seconds);
const at = Number(values.connections);
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const agent = new Agent({ keepAlive: values['keep-alive'], maxSockets: at });
const config = await fixtureFolder(work);
const env = { ...process.env, HEADWATER_CONFIG: config, HEADWATER_LISTEN: '127.0.0.1:0' };

try {
  const { stdout } = await measure([headwater, 'sync', '--all'], { env });
  if (/failed/.test(stdout)) throw new Error(stdout);
  const server = await startServer(env);
  const key = await headwaterJson<{ key: string }>(['key', 'create', '--name', 'bench']);
  const machines = Array.from({ length: count }, (_, i) =>
    createMachine(() => server.url, {
      number: i,
      key: key.key,
      packages: Number(values.packages),
      agent,
    }),
  );
  console.log('| what | a second | ms: median | p99 | most | server CPU s | peak MB |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  let next = 0;
  const each = () => machines[next++ % machines.length]!;

  async function run(
    what: string,
    one: (machine: Machine) => Promise<unknown>,
    until: number | 'all',
  ) {
    next = 0;
    const before = await server.cpu();
    const found = await load(() => one(each()), {
      at,
      ...(until === 'all' ? { count } : { milliseconds: until * 1000 }),
    });
    const cpu = (await server.cpu()) - before;
    console.log(`| ${what} | ${shownTimes(found)} | ${cpu.toFixed(1)} | ${await server.peak()} |`);
  }

  await run('registrations', (m) => m.register(), 'all');
  await run('listChannels', (m) => m.listChannels(), seconds);
  await run('check-ins', (m) => m.checkIn(), seconds);
  for (let turn = 0; turn < 3; turn++) {
    await run('GET repomd.xml of an open channel', (m) => m.repomd({ token: false }), seconds / 3);
    await run('the same with a token', (m) => m.repomd({ token: true }), seconds / 3);
  }
  const started = Date.now();
  let late = 0;
  let begun = 0;
  const took: number[] = [];
  const minute = await load(
    async () => {
      const machine = machines[begun++]!;
      const due = started + (machine.number * 60_000) / count;
      await wait(Math.max(0, due - Date.now()));
      late = Math.max(late, Date.now() - due);
      const before = performance.now();
      await machine.checkIn();
      took.push(performance.now() - before);
    },
    { at, count },
  );
  const row = shownTimes({ ...minute, each: took });
  console.log(`| all within a minute | ${row} | | ${await server.peak()} |`);
  console.log(`\nthe latest began ${late} ms late; lost: ${await lost(started)} of ${count}`);
  await server.stop();
  const bytes = await sizes(join(work, 'data'));
  console.log(
    `data folder: ${(bytes / 1e6).toFixed(0)} MB, ${Math.round(bytes / count)} bytes an instance`,
  );

  /** Instances whose check-in or profile is not what was sent. */
  async function lost(since: number): Promise<number> {
    await wait(3000);
    const shown = await headwaterJson<{ id: number; seenAt: string; packages: number }[]>([
      'instance',
      'list',
    ]);
    const byId = new Map(shown.map((instance) => [instance.id, instance]));
    return machines.filter(({ id, sent }) => {
      const instance = byId.get(id);
      return !instance || instance.packages !== sent || Date.parse(instance.seenAt) < since - 1000;
    }).length;
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

async function headwaterJson<T>(command: string[]): Promise<T> {
  const { stdout } = await measure([headwater, ...command, '--json'], { env });
  return JSON.parse(stdout) as T;
}
