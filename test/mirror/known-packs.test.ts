import { expect, it } from 'vitest';
import { packsToKeep } from '../../src/mirror/known-packs.ts';
import { readManifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { type Run, readTree, withPacks } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { manifestOf } from '../store/collect/space.ts';
import { startApp } from '../support/app.ts';
import { damages } from './damage.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { objectsIn } from './served.ts';

it('does without packs of which less than a quarter is used', () => {
  const sizes: Record<string, number> = { a: 8, b: 8, c: 100 };
  const runs: Run[] = [
    ['a', 0, 1],
    ['b', 1, 1],
    ['a', 5, 1],
    ['c', 0, 24],
  ];
  expect(packsToKeep(runs, (pack) => sizes[pack]!)).toEqual(['a']);
});

it('merges the smallest of too many packs, half of them at a time', () => {
  const runs = Array.from({ length: 64 }, (_, i): Run => [`pack${i}`, 0, i + 1]);
  expect(packsToKeep(runs.slice(0, 63), () => 1)).toHaveLength(63);
  const kept = packsToKeep(runs, () => 1);
  expect(kept).toHaveLength(32);
  expect(new Set(kept)).toEqual(new Set(runs.slice(32).map(([pack]) => pack)));
});

it('writes what is left of a pack anew, and can make it again when it is damaged', async () => {
  const only: ('primary' | 'filelists')[] = ['primary', 'filelists'];
  const many = Array.from({ length: 20 }, (_, i) => invented(`brook${i}`));
  const { upstream } = await startRepository({ packages: many, only });
  const { sync, config, app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const objects = createObjects(dataPaths(config.data));
  const packsOf = async (number: number) => {
    const { trees } = await readManifest(objects, manifestOf(config.data, 'a', number));
    return [...new Set((await readTree(objects, trees.primary!)).runs.map(([pack]) => pack))];
  };
  const weirs = (count: number) => Array.from({ length: count }, (_, i) => invented(`weir${i}`));
  // Five of twenty are used: the pack stays. Then four.
  const next = async (old: number, fresh: number, time: number) => {
    const packages = [...many.slice(0, old), ...weirs(fresh)];
    await writeRepository(upstream.folder, { packages, only, time });
    expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: old + fresh });
  };
  await next(5, 1, 1_700_000_001);
  const [first] = await packsOf(1);
  expect(await packsOf(2)).toHaveLength(2);
  await next(4, 2, 1_700_000_002);
  expect((await packsOf(3)).includes(first!)).toBe(true);
  await next(4, 3, 1_700_000_003);
  const rebased = await packsOf(4);
  expect(rebased).not.toContain(first);
  const counts = await withPacks(objects, async (open) =>
    Promise.all(rebased.map(async (pack) => (await open(pack)).count)),
  );
  expect(counts.reduce((a, b) => a + b)).toBe(4 + 3);

  const before = await objectsIn(config.data);
  for (const pack of rebased) {
    for (const [damage, commit] of Object.entries(damages)) {
      await commit(dataPaths(config.data).object(pack));
      const report = await app.operations.verifySource('a', { repair: true }, () => {});
      expect(report, damage).toMatchObject({
        intact: true,
        problems: [{ kind: 'pack', sha256: pack, repair: 'cut' }],
      });
    }
  }
  expect(await objectsIn(config.data)).toEqual(before);
});
