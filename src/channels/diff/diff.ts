import { BitSet } from '../../base/bit-set.ts';
import type { Content } from '../content/content.ts';
import { type Reading, recordsOf, rowsOf } from '../content/listed.ts';
import { type AdvisoryChanges, compareAdvisories } from './advisories.ts';
import { comparePackages, type PackageChanges } from './packages.ts';

/** What became of one revision in another. All lists are sorted. */
export interface Diff {
  packages: PackageChanges;
  advisories: AdvisoryChanges;
  /** Streams as name:stream:version:context:arch. */
  modules: Changes;
  /** comps ids. */
  groups: Changes;
}

interface Changes {
  added: string[];
  removed: string[];
}

/** Compares what two revisions consist of. Takes a while for large ones: for a thread. */
export async function diffContents(
  reading: Reading,
  before: Content,
  after: Content,
): Promise<Diff> {
  const [old, now] = [await setsOf(reading, before), await setsOf(reading, after)];
  return {
    packages: comparePackages(reading.facts, old.packages, now.packages),
    advisories: compareAdvisories(reading.facts, old.advisories, now.advisories),
    modules: compareSets(old.modules, now.modules),
    groups: compareSets(old.groups, now.groups),
  };
}

async function setsOf(reading: Reading, content: Content) {
  const packages = new BitSet();
  const advisories = new BitSet();
  const modules = new Set<string>();
  const groups = new Set<string>();
  for (const origin of content.origins) {
    for (const row of await rowsOf(reading, origin, 'packages')) packages.add(row);
    for (const row of await rowsOf(reading, origin, 'advisories')) advisories.add(row);
    const records = await recordsOf(reading, origin);
    for (const m of records.streams) {
      modules.add([m.name, m.stream, m.version, m.context, m.arch].join(':'));
    }
    for (const { id } of records.groups) groups.add(id);
  }
  return { packages, advisories, modules, groups };
}

function compareSets(before: ReadonlySet<string>, after: ReadonlySet<string>): Changes {
  return {
    added: [...after].filter((x) => !before.has(x)).sort(),
    removed: [...before].filter((x) => !after.has(x)).sort(),
  };
}
