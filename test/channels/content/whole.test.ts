import { expect, it, onTestFinished } from 'vitest';
import { noFilters } from '../../../src/base/filters.ts';
import { createContents } from '../../../src/channels/content/contents.ts';
import { openCatalogue } from '../../../src/store/catalogue/catalogue.ts';
import { putDerived } from '../../../src/store/objects/derived.ts';
import { putManifest } from '../../../src/store/objects/manifest.ts';
import { createObjects } from '../../../src/store/objects/objects.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { temporaryFolder } from '../../support/app.ts';

it('Without filters all of the parents is there, each mirrored revision once', async () => {
  const paths = dataPaths(await temporaryFolder());
  const objects = createObjects(paths);
  const catalogue = await openCatalogue(paths);
  onTestFinished(() => catalogue.close());
  const mirrored = (newest: number) =>
    putManifest(objects, {
      ...{ parents: [], upstreamRevision: '', files: [], trees: {}, absent: [] },
      newest,
      trust: { result: 'off' },
    });
  const [a, b] = [await mirrored(1), await mirrored(2)];
  const derived = (...parents: [string, string][]) =>
    putDerived(objects, {
      parents: parents.map(([label, manifest]) => ({ label, revision: 1, manifest })),
      filters: noFilters,
      rendering: { compression: 'gzip', sqlite: false, keys: [] },
    });
  const both = await derived(['b', b], ['stage', await derived(['a', a])], ['b', b]);
  const { origins } = await createContents({ objects, paths }).of('both', both);
  expect(origins.map((o) => [o.label, o.manifest, o.packages])).toEqual([
    ['b', b, 'all'],
    ['a', a, 'all'],
  ]);
});
