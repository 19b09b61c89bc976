import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { sourceSchema } from '../../src/base/source.ts';
import {
  fromOracleCatalogue,
  oracleCatalogueFile,
  readOracleCatalogue,
} from '../../src/cli/oracle-linux.ts';
import { temporaryFolder } from './folder.ts';
import { written } from './written.ts';

const catalogue = readOracleCatalogue(oracleCatalogueFile);
const byLabel = new Map(catalogue.sources.map((s) => [s.label, s]));
const refusal = (run: () => unknown): AppError => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('it was not refused');
};

describe('The catalogue of Oracle Linux sources', () => {
  it('has sources of releases 6 to 10, for both architectures, each label once', () => {
    expect(catalogue.sources.length).toBeGreaterThan(100);
    expect(byLabel.size).toBe(catalogue.sources.length);
    const releases = new Set(catalogue.sources.map((s) => s.release));
    expect([...releases].sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10]);
    expect(catalogue.sources.some((s) => s.arch === 'aarch64')).toBe(true);
  });

  it('has parents that exist, with the same release and architecture, and are nobody’s children', () => {
    const children = catalogue.sources.filter((s) => s.parent !== undefined);
    expect(children.length).toBeGreaterThan(50);
    for (const { label, parent, release, arch } of children) {
      expect(byLabel.get(parent!), label).toMatchObject({ release, arch });
      expect(byLabel.get(parent!)!.parent, label).toBeUndefined();
    }
  });

  it('has labels that end in their architecture, addresses of their own, and keys that it knows', () => {
    const seen = new Set<string>();
    for (const { label, arch, keys, upstream } of catalogue.sources) {
      expect(label.endsWith(`-${arch}`), label).toBe(true);
      for (const key of keys) expect(catalogue.keys[key], `${label} ${key}`).toBeDefined();
      expect(seen.has(upstream), `${label} ${upstream}`).toBe(false);
      seen.add(upstream);
    }
  });

  it('gives definitions that are valid, in each release', () => {
    const first = new Map(catalogue.sources.map((s) => [s.release, s]));
    for (const { label } of first.values()) {
      const definition = fromOracleCatalogue(label, { region: 'eu-frankfurt-1' });
      expect(sourceSchema.safeParse(definition).error, label).toBeUndefined();
    }
  });
});

it('A source of the catalogue comes from the public server', () => {
  expect(fromOracleCatalogue('ol8_appstream-x86_64', {})).toEqual({
    label: 'ol8_appstream-x86_64',
    name: byLabel.get('ol8_appstream-x86_64')!.name,
    arch: 'x86_64',
    release: 8,
    parent: 'ol8_baseos_latest-x86_64',
    upstream: 'https://yum.oracle.com/repo/OracleLinux/OL8/appstream/x86_64/',
    gpg_keys: ['https://yum.oracle.com/RPM-GPG-KEY-oracle-ol8'],
    sync: { every: '6h' },
  });
});

it('With a region a source and its keys come from that region’s mirror', () => {
  const host = 'https://yum.eu-frankfurt-1.oci.oraclecloud.com';
  expect(fromOracleCatalogue('ol8_appstream-x86_64', { region: 'eu-frankfurt-1' })).toMatchObject({
    upstream: `${host}/repo/OracleLinux/OL8/appstream/x86_64/`,
    gpg_keys: [`${host}/RPM-GPG-KEY-oracle-ol8`],
  });
});

it('The region in the catalogue file counts where no other is given', async () => {
  const file = join(await temporaryFolder(), 'catalogue.yaml');
  const text = await readFile(oracleCatalogueFile, 'utf8');
  await writeFile(file, text.replace(/^region:$/m, 'region: uk-london-1'));
  const upstream = (region?: string) =>
    fromOracleCatalogue('ol8_appstream-x86_64', { file, region }).upstream;
  expect(upstream()).toMatch(/^https:\/\/yum\.uk-london-1\.oci\.oraclecloud\.com\//);
  expect(upstream('us-ashburn-1')).toMatch(/^https:\/\/yum\.us-ashburn-1\.oci\.oraclecloud\.com\//);
});

it('A source that exists in regions only is refused without one', () => {
  const inRegions = catalogue.sources.filter((s) => s.region_only);
  expect(inRegions.length).toBeGreaterThan(0);
  const error = refusal(() => fromOracleCatalogue(inRegions[0]!.label, {}));
  expect(error.kind).toBe('usage');
  expect(error.hint).toContain('--region');
});

it.each(['frankfurt', 'eu-frankfurt-1.evil.test/', '', 'EU-FRANKFURT-1'])(
  'The region %j is none',
  (region) => {
    const error = refusal(() => fromOracleCatalogue('ol8_appstream-x86_64', { region }));
    expect(error.kind).toBe('usage');
    expect(error.hint).toContain('eu-frankfurt-1');
  },
);

it('An unknown label is refused with labels that there are', () => {
  const near = refusal(() => fromOracleCatalogue('ol8_appstraem-x86_64', {}));
  expect(near.kind).toBe('not_found');
  expect(near.hint).toContain('ol8_');
  const far = refusal(() => fromOracleCatalogue('nonsense', {}));
  expect(far.hint).toContain(oracleCatalogueFile);
});

it('A broken catalogue is refused with file and line', async () => {
  const { file } = await written(
    'region:\nkeys: {}\nsources:\n  - label: a\n    name: A\n    release: eight\n',
  );
  const { kind, message } = refusal(() => fromOracleCatalogue('a', { file }));
  expect(kind).toBe('config');
  expect(message).toContain(`${file}:6: sources.0.release: found "eight"`);
});
