import { BitSet } from '../../base/bit-set.ts';
import type { PackageFile } from '../../store/catalogue/catalogue.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import { fieldsOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { readManifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Content, Origin } from './content.ts';
import type { GroupReader } from './groups.ts';

/** A package of a content. */
export interface ListedPackage {
  /** Its row in the catalogue. */
  row: number;
  name: string;
  arch: string;
  /** [epoch:]version-release, without an epoch of 0. */
  evr: string;
  /** name-epoch:version-release.arch */
  nevra: string;
  /** In hexadecimal digits: they sort as rpm sorts versions. */
  evrKey: string;
  file: PackageFile;
  /** xml:base of its location. */
  base: string | undefined;
  /** The mirrored source that has it. */
  label: string;
}

export interface ContentCounts {
  packages: number;
  advisories: number;
  /** Streams of modules, each version. */
  modules: number;
  groups: number;
}

/** What it takes to read what a content names. */
export interface Reading {
  objects: Objects;
  facts: Facts;
  groups: GroupReader;
}

/** Calls `visit` with every package, by origin and row. Records that could not be read are left out. */
export async function listPackages(
  reading: Reading,
  content: Content,
  visit: (pkg: ListedPackage) => void,
): Promise<void> {
  for (const origin of content.origins) {
    const rows = await rowsOf(reading, origin, 'packages');
    for (const { row, key, evr: evrKey, file, base } of reading.facts.packages.list(rows)) {
      visit({ row, ...named(key), evrKey, file, base, label: origin.label });
    }
  }
}

/** What the API calls a package: name-[epoch:]version-release.arch, without an epoch of 0, as dnf does. */
export const packageId = (key: PackageKey): string => idOfFields(fieldsOf(key));

/** The same, where the fields are at hand. */
export const idOfFields = (fields: ReturnType<typeof fieldsOf>): string =>
  `${fields.name}-${shownEvr(fields)}.${fields.arch}`;

/** [epoch:]version-release, without an epoch of 0. */
export const shownEvr = ({
  epoch,
  version,
  release,
}: Pick<ReturnType<typeof fieldsOf>, 'epoch' | 'version' | 'release'>): string =>
  `${epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;

/** What a package is called, in the ways that people do. */
export function named(key: PackageKey) {
  const { name, arch, epoch, version, release } = fieldsOf(key);
  const vr = `${version}-${release}`;
  const evr = epoch === '0' ? vr : `${epoch}:${vr}`;
  return { name, arch, evr, nevra: `${name}-${epoch}:${vr}.${arch}` };
}

export async function countContent(deps: Reading, content: Content): Promise<ContentCounts> {
  const counts = { packages: 0, advisories: 0, modules: 0, groups: 0 };
  for (const origin of content.origins) {
    const unreadable = await unreadableOf(deps, origin);
    counts.packages += (await rowsOf(deps, origin, 'packages')).size + unreadable.packages;
    counts.advisories += (await rowsOf(deps, origin, 'advisories')).size + unreadable.advisories;
    const { streams, groups } = await recordsOf(deps, origin);
    counts.modules += streams.length;
    counts.groups += groups.length;
  }
  return counts;
}

/** Streams of modules and groups of an origin that could be read. */
export async function recordsOf({ objects, facts, groups }: Reading, origin: Origin) {
  const manifest = await readManifest(objects, origin.manifest);
  const documents = isEmpty(origin.modules) ? [] : await facts.modules(objects, manifest);
  const comps = isEmpty(origin.groups) ? [] : await groups(objects, manifest);
  return {
    streams: documents.flatMap((m) =>
      m.kind === 'stream' && (origin.modules === 'all' || origin.modules.has(m.digest)) ? [m] : [],
    ),
    groups: comps.filter((g) => origin.groups === 'all' || origin.groups.has(g.id)),
  };
}

const isEmpty = (set: ReadonlySet<string> | 'all') => set !== 'all' && set.size === 0;

const tables = {
  packages: { table: 'package', document: 'primary' },
  advisories: { table: 'advisory', document: 'updateinfo' },
} as const;

async function treeOf({ objects, facts }: Reading, origin: Origin, kind: keyof typeof tables) {
  const { trees } = await readManifest(objects, origin.manifest);
  return facts.trees(objects, tables[kind].table, trees[tables[kind].document]);
}

/** The rows of an origin's packages or advisories. */
export async function rowsOf(
  deps: Reading,
  origin: Origin,
  kind: keyof typeof tables,
): Promise<BitSet> {
  const rows = origin[kind];
  return rows === 'all' ? new BitSet((await treeOf(deps, origin, kind)).rows) : rows;
}

async function unreadableOf(deps: Reading, origin: Origin) {
  const count = async (kind: keyof typeof tables) =>
    origin[kind] === 'all' ? (await treeOf(deps, origin, kind)).unreadable : 0;
  return { packages: await count('packages'), advisories: await count('advisories') };
}
