import { readFile, truncate, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { noFilters } from '../../../src/base/filters.ts';
import { putDerived } from '../../../src/store/objects/derived.ts';
import { missingObjects, readManifest } from '../../../src/store/objects/manifest.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { invented, startRepository, writeRepository } from '../../mirror/repository.ts';
import { objectsIn, served } from '../../mirror/served.ts';
import { changeState, counted, manifestOf, revisionsOf, startForgetful } from './space.ts';

const time = 1_700_000_000;

async function twoRevisions() {
  const { upstream } = await startRepository({ packages: [invented('weir', '1')] });
  const test = await startForgetful([{ label: 'a', upstream: upstream.url, keep_originals: 1 }]);
  await test.sync('a');
  await served(test.url, 'a', [invented('weir', '1').href]);
  const { data } = test.config;
  const manifest = manifestOf(data, 'a', 1);
  return {
    ...test,
    data,
    manifest,
    objects: createObjects(dataPaths(data)),
    async second() {
      await writeRepository(upstream.folder, { packages: [invented('weir', '2')], time: time + 1 });
      expect(await test.sync('a')).toMatchObject({ revision: 2 });
    },
  };
}

it('keeps a parent whole, with its rows and packages, although its own revision is forgotten', async () => {
  const { gc, data, objects, manifest, second, app } = await twoRevisions();
  const inner = await putDerived(objects, {
    parents: [{ label: 'a', revision: 1, manifest }],
    filters: noFilters,
    rendering: { compression: 'gzip', sqlite: false, keys: [] },
  });
  const outer = await putDerived(objects, {
    parents: [{ label: 'view', revision: 1, manifest: inner }],
    filters: noFilters,
    rendering: { compression: 'gzip', sqlite: false, keys: [] },
  });
  const at = new Date().toISOString();
  changeState(
    data,
    `INSERT INTO revision (label, number, manifest, published_at, derived)
       VALUES ('stage', 1, '${outer}', '${at}', 1);
     INSERT INTO ref VALUES ('stage', 'current', 1)`,
  );
  await second();
  const result = await gc();
  expect(result.revisions).toEqual([{ label: 'a', numbers: [1] }]);
  expect(revisionsOf(data, 'a')).toEqual([2]);
  const kept = await readManifest(objects, manifest);
  expect(await missingObjects(objects, kept)).toEqual([]);
  const { bytes } = invented('weir', '1');
  expect([...(await objectsIn(data)).values()].some((b) => b.equals(bytes))).toBe(true);
  expect(counted(data, 'catalogue', 'SELECT count(*) FROM membership')).toBe(2);
  expect(counted(data, 'catalogue', 'SELECT count(*) FROM package')).toBe(2);

  // The stage moves on: nothing needs them any more.
  changeState(
    data,
    "DELETE FROM ref WHERE label = 'stage'; DELETE FROM revision WHERE label = 'stage'",
  );
  await gc();
  expect((await missingObjects(objects, kept)).length).toBeGreaterThan(3);
  expect([...(await objectsIn(data)).values()].some((b) => b.equals(bytes))).toBe(false);
  expect(counted(data, 'catalogue', 'SELECT count(*) FROM membership')).toBe(1);
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
});

it('keeps what a snapshot names, with its packages, but not documents that the source lets go of', async () => {
  const { gc, data, objects, manifest, second } = await twoRevisions();
  changeState(data, "INSERT INTO ref VALUES ('a', '2026-q1', 1)");
  await second();
  const { lines } = await gc();
  expect(lines.filter((l) => l.kind !== 'documents')).toEqual([]);
  expect(revisionsOf(data, 'a')).toEqual([1, 2]);
  const kept = await readManifest(objects, manifest);
  const big = kept.files.filter((f) => ['primary', 'filelists', 'other'].includes(f.type));
  expect(new Set(await missingObjects(objects, kept))).toEqual(new Set(big.map((f) => f.sha256)));
  const { bytes } = invented('weir', '1');
  expect([...(await objectsIn(data)).values()].some((b) => b.equals(bytes))).toBe(true);
});

it('refuses to remove anything where a revision that stays cannot be read', async () => {
  const { gc, data, second, objects } = await twoRevisions();
  await second();
  const before = (await objectsIn(data)).size;
  const { path } = (await objects.find(manifestOf(data, 'a', 2)))!;
  const whole = await readFile(path);
  await truncate(path, 20);
  await expect(gc()).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining('revision 2 of a cannot be read'),
  });
  expect((await objectsIn(data)).size).toBe(before);
  await writeFile(path, whole);
  expect(await gc()).toMatchObject({ revisions: [{ label: 'a', numbers: [1] }] });
});
