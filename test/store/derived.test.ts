import { expect, it } from 'vitest';
import { noFilters } from '../../src/base/filters.ts';
import { findRevision, putDerived, readRevision } from '../../src/store/objects/derived.ts';
import { putManifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { temporaryFolder } from '../support/app.ts';

it('A revision is read as what it is, mirrored or derived', async () => {
  const objects = createObjects(dataPaths(await temporaryFolder()));
  const empty = { parents: [], upstreamRevision: '', newest: 0, files: [], trees: {}, absent: [] };
  const manifest = await putManifest(objects, { ...empty, trust: { result: 'off' } });
  expect(await readRevision(objects, manifest)).toMatchObject({ kind: 'mirrored' });
  const rendering = { compression: 'gzip' as const, sqlite: false, keys: [] };
  const made = { parents: [{ label: 'a', revision: 1, manifest }], filters: noFilters, rendering };
  const derived = await putDerived(objects, made);
  expect(await readRevision(objects, derived)).toMatchObject({ kind: 'derived', derived: made });
  expect(await putDerived(objects, made)).toBe(derived);
  expect(await findRevision(objects, '0'.repeat(64))).toBeUndefined();
  await expect(readRevision(objects, await objects.put(Buffer.from('{}')))).rejects.toMatchObject({
    kind: 'invalid',
  });
});
