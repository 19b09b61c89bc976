import { appendFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { noFilters } from '../../../src/base/filters.ts';
import type { RenderJob } from '../../../src/channels/render/rendered.ts';
import { createRenderer } from '../../../src/channels/render/renderer.ts';
import { isWhole } from '../../../src/store/cache/renders.ts';
import { putDerived } from '../../../src/store/objects/derived.ts';
import { projectRoot } from '../../support/tools.ts';
import { type Rendering, startRendering } from './rendering.ts';

const fixture = join(projectRoot, 'fixtures/repodata/ol8');

async function start() {
  const rendering = await startRendering({ ol8: fixture });
  rendering.cache.close();
  const renderer = createRenderer({
    paths: rendering.paths,
    signingKeys: async () => [],
    catalogue: rendering.identity,
  });
  onTestFinished(() => renderer.close());
  return { rendering, renderer };
}

async function jobOf({ objects, origin }: Rendering, exclude: string[]): Promise<RenderJob> {
  const { label, manifest } = origin('ol8');
  const revision = await putDerived(objects, {
    parents: [{ label, revision: 1, manifest }],
    filters: { ...noFilters, packages: { include: [], exclude } },
    rendering: { compression: 'gzip', sqlite: false, keys: [] },
  });
  const common = { label: 'view', at: 1_763_800_000, sqlite: false, tags: [] };
  return { ...common, revision, compression: 'gzip' };
}

it('Those who ask at the same time, and later, get the same', async () => {
  const { rendering, renderer } = await start();
  const job = await jobOf(rendering, ['weir*']);
  const [one, two] = await Promise.all([
    renderer.render(job, { background: true }),
    renderer.render(job),
  ]);
  expect(two).toBe(one);
  expect(await renderer.render(job)).toEqual(one);
  const other = await renderer.render({ ...job, at: job.at + 1 });
  const repomd = (r: typeof one) => r.files.find((f) => f.type === 'repomd')!.sha256;
  expect(repomd(other)).not.toBe(repomd(one));
});

it('What was encoded ahead is not encoded again', async () => {
  const { rendering, renderer } = await start();
  const { label, manifest } = rendering.origin('ol8');
  await renderer.warm(label, manifest, 'gzip');
  const size = async () => (await stat(rendering.paths.pieceFile(1))).size;
  const before = await size();
  expect(before).toBeGreaterThan(1000);
  const job = await jobOf(rendering, []);
  const { files } = await renderer.render(job);
  expect(await size()).toBe(before);
  expect(files.every((file) => isWhole(rendering.paths, file))).toBe(true);
});

it.each<[string, (r: Rendering) => Promise<unknown>]>([
  ['removed', ({ paths }) => rm(paths.cache, { recursive: true })],
  ['without its pieces', ({ paths }) => rm(paths.pieceFile(1))],
  ['with pieces cut short', ({ paths }) => truncate(paths.pieceFile(1), 10)],
])('A cache that is %s while the program runs is made again', async (_, harm) => {
  const { rendering, renderer } = await start();
  const job = await jobOf(rendering, ['weir*']);
  const before = await renderer.render(job);
  await harm(rendering);
  const after = await renderer.render(job);
  expect(after.files.every((file) => isWhole(rendering.paths, file))).toBe(true);
  expect(await rendering.text(after, 'primary')).toContain('<name>libbrook</name>');
  expect(after.files.map((f) => f.sha256)).toEqual(before.files.map((f) => f.sha256));
});

it.each<[string, (r: Rendering) => Promise<unknown>]>([
  ['is no database', ({ paths }) => writeFile(paths.cacheDatabase, 'x'.repeat(10_000))],
  ['lost pieces', ({ paths }) => rm(paths.pieces, { recursive: true })],
  ['has something behind its pieces', ({ paths }) => appendFile(paths.pieceFile(1), 'garbage')],
])('A cache that %s at start is of no harm', async (_, harm) => {
  const { rendering, renderer } = await start();
  const job = await jobOf(rendering, ['weir*']);
  const before = await renderer.render(job);
  await renderer.close();
  await harm(rendering);
  const again = createRenderer({
    paths: rendering.paths,
    signingKeys: async () => [],
    catalogue: rendering.identity,
  });
  onTestFinished(() => again.close());
  const other = await again.render(await jobOf(rendering, ['libbrook*']));
  const after = await again.render(job);
  for (const { files } of [other, after])
    expect(files.every((file) => isWhole(rendering.paths, file))).toBe(true);
  expect(after.files.map((f) => f.sha256)).toEqual(before.files.map((f) => f.sha256));
});

it('What is asked of a catalogue that was made again is made again', async () => {
  const rendering = await startRendering({ ol8: fixture });
  let identity = rendering.identity();
  const renderer = createRenderer({
    paths: rendering.paths,
    signingKeys: async () => [],
    catalogue: () => identity,
  });
  onTestFinished(() => renderer.close());
  const job = await jobOf(rendering, []);
  const before = await renderer.render(job);
  identity = 'another';
  // The thread still finds the old one, and so what was noted is not believed.
  await expect(renderer.render(job)).rejects.toThrow('not in the cache');
  identity = before.catalogue;
  expect(await renderer.render(job)).toEqual(before);
});

it('Sweeping removes what was not used for a while; asked for, it is made again', async () => {
  const { rendering, renderer } = await start();
  const job = await jobOf(rendering, ['weir*']);
  const before = await renderer.render(job);
  expect(await renderer.sweep(false)).toEqual({ count: 0, bytes: 0 });
  // As it will be tomorrow if nobody asks.
  const tomorrow = -1;
  const would = await renderer.sweep(true, tomorrow);
  expect(would.count).toBe(1);
  expect(await renderer.render(job)).toEqual(before);
  await renderer.sweep(false);
  expect(await renderer.sweep(false, tomorrow)).toEqual(would);
  expect(await readdir(rendering.paths.pieces)).toEqual([]);
  const again = await renderer.render(job);
  expect(again.files.map((f) => f.sha256)).toEqual(before.files.map((f) => f.sha256));
});
