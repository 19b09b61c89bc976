import { truncate, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { putManifest, readManifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { addToRuns, putTree, type Run, readTree, withPacks } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { temporaryFolder } from '../support/app.ts';

async function store() {
  const paths = dataPaths(await temporaryFolder());
  return { objects: createObjects(paths), paths };
}

it('joins neighbours of one pack into one run, and nothing else', () => {
  const runs: Run[] = [];
  for (const [pack, index] of [
    ['a', 0],
    ['a', 1],
    ['a', 3],
    ['b', 4],
    ['b', 5],
    ['a', 2],
    ['a', 2],
  ] as const) {
    addToRuns(runs, pack, index);
  }
  expect(runs).toEqual([
    ['a', 0, 2],
    ['a', 3, 1],
    ['b', 4, 2],
    ['a', 2, 1],
    ['a', 2, 1],
  ]);
});

it('tells of objects that are missing, damaged or something else as AppErrors', async () => {
  const { objects, paths } = await store();
  const missing = 'f'.repeat(64);
  const manifest = await putManifest(objects, {
    ...{ parents: [], upstreamRevision: '', newest: 0, files: [], trees: {}, absent: [] },
    trust: { result: 'off' },
  });
  const tree = await putTree(objects, { open: '', close: '', runs: [] });
  await expect(readTree(objects, missing)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(readManifest(objects, missing)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(withPacks(objects, (open) => open(missing))).rejects.toMatchObject({
    kind: 'not_found',
  });
  await expect(readTree(objects, manifest)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(readManifest(objects, tree)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(withPacks(objects, (open) => open(tree))).rejects.toMatchObject({ kind: 'invalid' });
  await truncate(paths.object(tree), 10);
  await writeFile(paths.object(manifest), 'null');
  await expect(readTree(objects, tree)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(readManifest(objects, manifest)).rejects.toMatchObject({ kind: 'invalid' });
});
