import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { findManifest, readManifest } from '../../../src/store/objects/manifest.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { hasOriginals } from '../../../src/store/objects/originals.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { until } from '../../cli/headwater.ts';
import { invented, startRepository, writeRepository } from '../../mirror/repository.ts';
import { served } from '../../mirror/served.ts';
import { manifestOf, startForgetful } from './space.ts';

const time = 1_700_000_000;

/** A source that keeps all revisions and the documents of one, and a way to get it another revision. */
async function oneOriginal(graceMs = 1) {
  const { upstream } = await startRepository({
    packages: [invented('brook')],
    advisories: ['A-1'],
  });
  const source = { upstream: upstream.url, keep_revisions: '30d' };
  const test = await startForgetful(
    [
      { ...source, label: 'a', keep_originals: 1 },
      { ...source, label: 'b' },
    ],
    { graceMs },
  );
  const objects = createObjects(dataPaths(test.config.data));
  let count = 0;
  return {
    ...test,
    objects,
    async next(label = 'a') {
      count++;
      await writeRepository(upstream.folder, {
        packages: [invented('brook'), invented('weir', String(count))],
        advisories: ['A-1', `A-${count}`],
        time: time + count,
      });
      // The margin is over by then.
      await sleep(20);
      expect(await test.sync(label)).toMatchObject({ outcome: 'updated' });
    },
    async held(label: string, number: number) {
      const manifest = await readManifest(objects, manifestOf(test.config.data, label, number));
      const found = await Promise.all(manifest.files.map((f) => objects.find(f.sha256)));
      return {
        all: await hasOriginals(objects, manifest),
        types: manifest.files.filter((_, i) => found[i]).map((f) => f.type),
      };
    },
  };
}

it('drops the big documents of revisions that became old, right after a sync', async () => {
  const { sync, next, held, app, url } = await oneOriginal();
  await sync('a');
  expect(await held('a', 1)).toMatchObject({ all: true });
  await next();
  await until(async () => !(await held('a', 1)).all);
  expect((await held('a', 1)).types).toEqual(['repomd', 'updateinfo']);
  expect(await held('a', 2)).toMatchObject({ all: true });
  await next();
  await until(async () => !(await held('a', 2)).all);
  expect(await held('a', 3)).toMatchObject({ all: true });
  expect(await app.operations.verifySource('a', { repair: false }, () => {})).toMatchObject({
    intact: true,
  });
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  expect(Object.values(await served(url, 'a', ['repodata/repomd.xml']))[0]).toMatch(/^200/);
  // What a catalogue is made of is there still.
  expect(await app.operations.rebuildCatalogue(() => {})).toMatchObject({ skipped: [] });
});

it('does not drop them within the grace, nor where another source has them', async () => {
  const shared = await oneOriginal();
  await shared.sync('a');
  await shared.sync('b');
  await shared.next();
  expect(await shared.gc()).toMatchObject({ bytes: 0 });
  expect(await shared.held('a', 1)).toMatchObject({ all: true });
  expect(await shared.held('b', 1)).toMatchObject({ all: true });

  const inGrace = await oneOriginal(60_000);
  await inGrace.sync('a');
  await inGrace.next();
  await inGrace.next();
  expect(await inGrace.gc()).toMatchObject({ bytes: 0 });
  for (const number of [1, 2]) expect(await inGrace.held('a', number)).toMatchObject({ all: true });
});

it('drops by collecting what syncs did not, and says so', async () => {
  const { sync, next, held, app, config, gc, objects } = await oneOriginal();
  // A source that only now gets the key.
  const { keepOriginals, ...rest } = config.sources[0] as { keepOriginals: number };
  const all = { ...rest, keepOriginals: undefined } as never;
  await app.reload({ ...config, sources: [all] });
  await sync('a');
  await next();
  expect(await held('a', 1)).toMatchObject({ all: true });
  await app.reload(config);
  const { lines, bytes, revisions } = await gc();
  expect(lines).toEqual([{ source: 'a', kind: 'documents', count: 3, bytes }]);
  expect(revisions).toEqual([]);
  expect(await held('a', 1)).toMatchObject({ all: false });
  expect(await held('a', 2)).toMatchObject({ all: true });
  expect(await findManifest(objects, manifestOf(config.data, 'a', 1))).toBeDefined();
});
