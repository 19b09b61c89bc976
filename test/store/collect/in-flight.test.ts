import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { invented, startRepository, writeRepository } from '../../mirror/repository.ts';
import { objectsIn, served } from '../../mirror/served.ts';
import { randomFrom } from '../../support/random.ts';
import { startForgetful } from './space.ts';

const seed = Number(process.env.GC_SEED ?? Date.now() % 2 ** 32);
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

it(`syncs and collections in any order leave what is served whole (GC_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const random = randomFrom(seed);
  const stable = ['brook', 'eddy'].map((name) => invented(name));
  // Two contents that come back again and again: what is garbage is what the next sync finds.
  const contents = ['1', '2'].map((version) => [...stable, invented('weir', version)]);
  const { upstream } = await startRepository({ packages: contents[0]! });
  const { app, sync, url, config } = await startForgetful([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  await sync('a');
  let freed = 0;
  for (let round = 1; round <= 12; round++) {
    const packages = contents[round % 2]!;
    const documents = await writeRepository(upstream.folder, {
      packages,
      time: 1_700_000_000 + round,
    });
    const collecting = async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(random() * 60);
        freed += (await app.operations.gc({ dryRun: random() < 0.2 }, () => {})).bytes;
      }
    };
    const [result] = await Promise.all([sleep(random() * 60).then(() => sync('a')), collecting()]);
    expect(result, `round ${round}`).toMatchObject({
      outcome: 'updated',
      reason: null,
      packages: 3,
    });
    const paths = [
      'repodata/repomd.xml',
      ...Object.values(documents),
      ...packages.map((p) => p.href),
    ];
    for (const [path, answer] of Object.entries(await served(url, 'a', paths))) {
      expect(answer, `round ${round}: ${path}`).toMatch(/^200 /);
    }
    const checks = await app.operations.doctor();
    expect(
      checks.filter((c) => c.status !== 'ok'),
      `round ${round}`,
    ).toEqual([]);
    // All packages are here: a full mirror stays one.
    const held = await objectsIn(config.data);
    for (const { bytes } of packages) expect(held.has(digestOf(bytes))).toBe(true);
  }
  expect(freed).toBeGreaterThan(0);
  expect(await app.operations.verifySource('a', { repair: false }, () => {})).toMatchObject({
    intact: true,
  });
});

it('a download goes on to its end, and is kept, while space is collected', async () => {
  const pkg = invented('brook', '1', 400_000);
  const { upstream } = await startRepository({ packages: [pkg] });
  const { gc, sync, url, config } = await startForgetful([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const { promise: half, resolve: isHalf } = Promise.withResolvers<void>();
  const { promise: goOn, resolve: finish } = Promise.withResolvers<void>();
  upstream.fault = (request, response) => {
    if (!request.url?.endsWith('.rpm')) return false;
    response.writeHead(200, { 'content-length': pkg.bytes.length });
    response.write(pkg.bytes.subarray(0, 200_000), () => isHalf());
    void goOn.then(() => response.end(pkg.bytes.subarray(200_000)));
    return true;
  };
  const answer = served(url, 'a', [pkg.href]);
  await half;
  expect(await gc()).toMatchObject({ bytes: 0 });
  finish();
  expect(await answer).toEqual({ [pkg.href]: `200 ${digestOf(pkg.bytes)}` });
  expect(await gc()).toMatchObject({ bytes: 0 });
  expect((await objectsIn(config.data)).has(digestOf(pkg.bytes))).toBe(true);
});

it('a client in the middle of a file that is removed gets it to its end', async () => {
  const pkg = invented('brook', '1', 30_000_000);
  const { upstream } = await startRepository({ packages: [pkg, invented('weir')] });
  const { gc, sync, url, config } = await startForgetful([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  await served(url, 'a', [pkg.href]);
  const response = await fetch(`${url}/channels/a/${pkg.href}`);
  const reader = response.body!.getReader();
  const chunks = [(await reader.read()).value!];
  await writeRepository(upstream.folder, { packages: [invented('weir')], time: 1_700_000_001 });
  await sync('a');
  expect((await gc()).bytes).toBeGreaterThan(pkg.bytes.length);
  expect((await objectsIn(config.data)).has(digestOf(pkg.bytes))).toBe(false);
  for (let next = await reader.read(); !next.done; next = await reader.read())
    chunks.push(next.value);
  expect(digestOf(Buffer.concat(chunks))).toBe(digestOf(pkg.bytes));
});

it('keeps what clients may be fetching of revisions within their grace', async () => {
  const old = invented('weir', '1');
  const { upstream, documents } = await startRepository({ packages: [old] });
  const { gc, sync, url } = await startForgetful([{ label: 'a', upstream: upstream.url }], {
    graceMs: 60_000,
  });
  await sync('a');
  const paths = [...Object.values(documents), old.href];
  const before = await served(url, 'a', paths);
  await writeRepository(upstream.folder, {
    packages: [invented('weir', '2')],
    time: 1_700_000_001,
  });
  await sync('a');
  expect(await gc()).toMatchObject({ bytes: 0, revisions: [] });
  expect(await served(url, 'a', paths)).toEqual(before);
});

it('takes one collection at a time, and none while the catalogue is made again', async () => {
  const { upstream } = await startRepository({ packages: [invented('weir')] });
  const { app, sync } = await startForgetful([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const gc = () => app.operations.gc({ dryRun: true }, () => {});
  const first = gc();
  await expect(gc()).rejects.toMatchObject({ kind: 'conflict' });
  await expect(app.operations.rebuildCatalogue(() => {})).rejects.toMatchObject({
    kind: 'conflict',
  });
  await first;
  const rebuilding = app.operations.rebuildCatalogue(() => {});
  await expect(gc()).rejects.toMatchObject({ kind: 'conflict' });
  await rebuilding;
  await gc();
});
