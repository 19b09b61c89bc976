import { BitSet } from '../../base/bit-set.ts';
import type { PackageFile } from '../../store/catalogue/catalogue.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import type { AdvisoryFacts } from '../../store/catalogue/facts-advisories.ts';
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

interface Deps {
  objects: Objects;
  facts: Facts;
}

/** Calls `visit` with every package, by origin and row. Records that could not be read are left out. */
export async function listPackages(
  { objects, facts }: Deps,
  content: Content,
  visit: (pkg: ListedPackage) => void,
): Promise<void> {
  for (const origin of content.origins) {
    const rows = await rowsOf({ objects, facts }, origin, 'packages');
    for (const { row, key, evr: evrKey, file, base } of facts.packages.list(rows)) {
      visit({ row, ...named(key), evrKey, file, base, label: origin.label });
    }
  }
}

function named(key: PackageKey) {
  const { name, arch, epoch, version, release } = fieldsOf(key);
  const vr = `${version}-${release}`;
  const evr = epoch === '0' ? vr : `${epoch}:${vr}`;
  return { name, arch, evr, nevra: `${name}-${epoch}:${vr}.${arch}` };
}

/** Advisories, modules and groups, each with something that is another where the record is another. */
export interface Records {
  /** By id; of several of one id in one source, all count. */
  advisories: Map<string, { severity: string; type: string; digest: string }>;
  /** By name:stream:version:context:arch. */
  modules: Set<string>;
  groups: Set<string>;
}

export async function listRecords(
  deps: Deps & { groups: GroupReader },
  content: Content,
): Promise<Records> {
  const records: Records = { advisories: new Map(), modules: new Set(), groups: new Set() };
  for (const origin of content.origins) {
    const { advisories, streams, groups } = await recordsOf(deps, origin);
    for (const { id, row, type, severity } of advisories) {
      const digest = deps.facts.advisories.fragment(row);
      const before = records.advisories.get(id);
      const both = before ? [before.digest, digest].sort().join(' ') : digest;
      records.advisories.set(id, { type, severity, digest: both });
    }
    for (const m of streams) {
      records.modules.add([m.name, m.stream, m.version, m.context, m.arch].join(':'));
    }
    for (const { id } of groups) records.groups.add(id);
  }
  return records;
}

export async function countContent(
  deps: Deps & { groups: GroupReader },
  content: Content,
): Promise<ContentCounts> {
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

async function recordsOf(
  { objects, facts, groups }: Deps & { groups: GroupReader },
  origin: Origin,
) {
  const manifest = await readManifest(objects, origin.manifest);
  const advisories: AdvisoryFacts[] = facts.advisories.of(
    await rowsOf({ objects, facts }, origin, 'advisories'),
  );
  const documents =
    origin.modules !== 'all' && origin.modules.size === 0
      ? []
      : await facts.modules(objects, manifest);
  const streams = documents.flatMap((m) =>
    m.kind === 'stream' && (origin.modules === 'all' || origin.modules.has(m.digest)) ? [m] : [],
  );
  const all =
    origin.groups !== 'all' && origin.groups.size === 0 ? [] : await groups(objects, manifest);
  return {
    advisories,
    streams,
    groups: all.filter((g) => origin.groups === 'all' || origin.groups.has(g.id)),
  };
}

const tables = {
  packages: { table: 'package', document: 'primary' },
  advisories: { table: 'advisory', document: 'updateinfo' },
} as const;

async function treeOf({ objects, facts }: Deps, origin: Origin, kind: keyof typeof tables) {
  const { trees } = await readManifest(objects, origin.manifest);
  return facts.trees(objects, tables[kind].table, trees[tables[kind].document]);
}

async function rowsOf(deps: Deps, origin: Origin, kind: keyof typeof tables): Promise<BitSet> {
  const rows = origin[kind];
  return rows === 'all' ? new BitSet((await treeOf(deps, origin, kind)).rows) : rows;
}

async function unreadableOf(deps: Deps, origin: Origin) {
  const count = async (kind: keyof typeof tables) =>
    origin[kind] === 'all' ? (await treeOf(deps, origin, kind)).unreadable : 0;
  return { packages: await count('packages'), advisories: await count('advisories') };
}
