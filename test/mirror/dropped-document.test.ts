import { truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readManifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { readTree } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { manifestOf, startForgetful } from '../store/collect/space.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

it('makes a new revision where a damaged pack cannot be cut again from a document that was dropped', async () => {
  const packages = ['brook', 'eddy', 'weir'].map((name) => invented(name));
  const { upstream } = await startRepository({ packages });
  const source = { label: 'a', upstream: upstream.url, keep_originals: 1, keep_revisions: '30d' };
  const { sync, gc, app, config } = await startForgetful([source]);
  await sync('a');
  await writeRepository(upstream.folder, {
    packages: [...packages, invented('sluice')],
    time: 1_700_000_001,
  });
  await sync('a');
  await gc();
  const paths = dataPaths(config.data);
  const objects = createObjects(paths);
  const { trees } = await readManifest(objects, manifestOf(config.data, 'a', 1));
  const [[pack]] = (await readTree(objects, trees.primary!)).runs as [[string, number, number]];
  await truncate(paths.object(pack), 30);
  const verify = (repair: boolean) => app.operations.verifySource('a', { repair }, () => {});
  await app.reload({ ...config, sources: [] });
  expect(await verify(true)).toMatchObject({
    intact: false,
    problems: [{ kind: 'pack', sha256: pack, repair: null, reason: null }],
  });
  await app.reload(config);
  await sleep(20);
  expect(await verify(true)).toMatchObject({
    intact: true,
    current: 3,
    problems: [{ kind: 'pack', sha256: pack, repair: 'synced' }],
  });
  expect(await verify(false)).toMatchObject({ intact: true, problems: [] });
});
