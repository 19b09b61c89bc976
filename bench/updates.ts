/**
 * npm run bench:updates -- REPOSITORY LATER [--instances 10000] [--packages 1000] [--questions 1000]
 *
 * Registers so many instances with so many packages each of a repository, some of them in older versions, at an application of its
 * own; then asks what they lack: from nothing, for one instance, for CVEs that some are affected by, for the fleet, and after a sync to
 * LATER, which is the same repository with some packages rebuilt. Prints how long it took, how long the main thread was
 * kept from anything else meanwhile, and how much memory there is at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openHeadwater } from '../oracle/headwater.ts';
import { readRepository } from '../oracle/repository.ts';
import type { StubPackage } from '../oracle/rpm-headers.ts';
import { serveFolder } from '../test/support/folder-server.ts';
import { randomFrom } from '../test/support/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    instances: { type: 'string', default: '10000' },
    packages: { type: 'string', default: '1000' },
    questions: { type: 'string', default: '1000' },
  },
});
const [first, later] = positionals.map((folder) => resolve(folder));
if (!first || !later)
  throw new Error('two repositories are to be named: one, and what it is later');
const count = Number(values.instances);
const size = Number(values.packages);
const questions = Number(values.questions);
/** Machines are alike in so many ways, of which each has packages of its own besides. */
const kinds = 50;
const ownShare = 0.05;
/** So many register together. */
const atOnce = 200;
/** So many of a hundred packages are in an older version. */
const olderShare = 0.05;

const random = randomFrom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const upstream = await serveFolder(first);

try {
  const sources = [{ label: 'bench', upstream: upstream.url }];
  const opened = await openHeadwater(work, { release: '8', sources });
  const all = await readRepository(first);
  const types = Array.from({ length: kinds }, () => Array.from({ length: size }, () => pick(all)));
  const ids: number[] = [];
  const begun = performance.now();
  for (let from = 0; from < count; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => {
      const installed = profileOf(types[(from + i) % kinds]!, all);
      return opened.enrol({ installed, streams: {}, isNoted: false, sources: ['bench'] });
    });
    ids.push(...(await Promise.all(some)));
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`${count} instances registered, ${size} packages each, in ${seconds} s\n`);
  await opened.close();

  const headwater = await openHeadwater(work, { release: '8', sources });
  console.log('| what | ms: median | p99 | most | main thread kept, most ms |');
  console.log('|---|---:|---:|---:|---:|');
  const { updates } = headwater;
  await timed('all instances, from nothing', 1, async () => {
    await updates.summary();
    await updates.settled();
  });
  const summary = await updates.summary();
  await timed('what one instance lacks', questions, () => updates.of(pick(ids), 'now'));
  await timed('what one instance lacks, upstream', questions, () =>
    updates.of(pick(ids), 'upstream'),
  );
  await timed('how much one instance lacks', questions, () => updates.counts([pick(ids)]));
  await timed('how much all lack', 10, () => updates.counts());
  const advisories = await updates.search({ kind: 'security' });
  const cves = advisories.flatMap((advisory) => advisory.cves);
  let affected = 0;
  await timed('instances that a CVE concerns', questions, async () => {
    affected += (await updates.affected({ cve: pick(cves) })).length;
  });
  await timed('advisories of one instance', questions, () => updates.advisoriesOf(pick(ids)));
  await timed('summary of the fleet', Math.min(questions, 100), () => updates.summary());
  upstream.folder = later;
  const [synced] = await headwater.app.operations.sync({ labels: ['bench'] }, () => {});
  await timed(`all again after ${synced?.packagesAdded} packages changed`, 1, async () => {
    await updates.settled();
    await updates.summary();
  });
  const after = await updates.summary();
  const megabytes = Math.round(process.memoryUsage().rss / 1e6);
  console.log(
    `\n${summary.updates.total} updates before, ${after.updates.total} after; a CVE concerned ${Math.round(affected / questions)} instances; ${megabytes} MB in all at the end, with what the bench itself holds`,
  );
  await headwater.close();
} finally {
  await upstream.close();
  await rm(work, { recursive: true, force: true });
}

/** A machine of a kind: most packages are those of the kind, some are in older versions. */
function profileOf(kind: readonly StubPackage[], all: readonly StubPackage[]): StubPackage[] {
  const installed = new Map<string, StubPackage>();
  for (const usual of kind) {
    const stub = random() < ownShare ? pick(all) : usual;
    const older = { ...stub, release: `0.${1 + Math.floor(random() * 3)}.${stub.release}` };
    installed.set(`${stub.name}.${stub.arch}`, random() < olderShare ? older : stub);
  }
  return [...installed.values()];
}

/** Asks so often, one after the other, and prints what it took. */
async function timed(what: string, times: number, ask: () => Promise<unknown>): Promise<void> {
  await wait(20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const before = performance.now();
    await ask();
    took.push(performance.now() - before);
  }
  delay.disable();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(times - 1, Math.floor(share * times))]!.toFixed(1);
  const kept = (delay.max / 1e6).toFixed(0);
  console.log(`| ${what} | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${kept} |`);
}
