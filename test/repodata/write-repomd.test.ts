import { expect, it } from 'vitest';
import { readRepomd } from '../../src/repodata/repomd.ts';
import { writeRepomd } from '../../src/repodata/write-repomd.ts';

it('Says what it was given, with one whole number as revision and every timestamp', () => {
  const sha256 = 'ab'.repeat(32);
  const xml = writeRepomd(
    1_763_800_000,
    ['headwater:ol8 & more@7'],
    [
      { type: 'primary', path: 'repodata/a-primary.xml.gz', sha256, size: 5, openSize: 50 },
      { type: 'group', path: 'repodata/b"<comps>.xml', sha256, size: 6 },
    ],
  );
  const { revision, tags, data } = readRepomd(xml);
  expect(revision).toBe('1763800000');
  expect(tags.content).toEqual(['headwater:ol8 & more@7']);
  const checksum = { type: 'sha256', value: sha256 };
  const none = { openChecksum: undefined, databaseVersion: undefined, unknown: {} };
  const common = { checksum, timestamp: 1_763_800_000, ...none };
  expect(data).toEqual([
    { type: 'primary', href: 'repodata/a-primary.xml.gz', size: 5, openSize: 50, ...common },
    { type: 'group', href: 'repodata/b"<comps>.xml', size: 6, openSize: undefined, ...common },
  ]);
});
