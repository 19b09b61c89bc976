import { BitSet } from '../../base/bit-set.ts';
import { AppError, explain } from '../../base/errors.ts';
import type { Group } from '../../repodata/comps.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import type { AdvisoryFacts } from '../../store/catalogue/facts-advisories.ts';
import type { ModuleFacts } from '../../store/catalogue/facts-modules.ts';
import type { PackageNames } from '../../store/catalogue/facts-packages.ts';
import type { PackageKey } from '../../store/catalogue/package-key.ts';
import { readManifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Content, Origin } from './content.ts';
import type { GroupReader } from './groups.ts';

/** What the parents of a view hold together: of what several hold, only the first one's. */
export interface Pool {
  slices: Slice[];
  /** One after the other; the package `i` has the row `rows[i]` and is of `slices[slice[i]]`. */
  packages: { rows: number[]; keys: PackageKey[]; slice: number[]; names: PackageNames };
  advisories: Held<AdvisoryFacts>[];
  modules: Held<ModuleFacts>[];
  groups: Held<Group>[];
  /** Streams of which an earlier parent's record is taken. */
  shadowed: ModuleFacts[];
}

interface Held<T> {
  slice: number;
  value: T;
}

/** What one parent has of one mirrored revision. */
export interface Slice {
  origin: Origin;
  /** Records that could not be read, and are there only where nothing is cut. */
  unreadable: { packages: number; advisories: number };
  /** How many of each kind it had before anything was taken out. */
  had: { packages: number; advisories: number; modules: number; groups: number };
}

interface Deps {
  objects: Objects;
  facts: Facts;
  groups: GroupReader;
}

/** Reads what parents hold, in order of priority. `remark` hears of documents that cannot be read. */
export async function readPool(
  { objects, facts, groups }: Deps,
  parents: readonly Content[],
  remark: (text: string) => void,
): Promise<Pool> {
  const found: Loaded[] = [];
  for (const origin of parents.flatMap((p) => p.origins)) {
    const manifest = await readManifest(objects, origin.manifest);
    const packages = await facts.trees(objects, 'package', manifest.trees.primary);
    const advisories = await facts.trees(objects, 'advisory', manifest.trees.updateinfo);
    const readable = async <T>(what: string, read: () => Promise<readonly T[]>) => {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        remark(`the ${what} of ${origin.label} cannot be read (${explain(error)})`);
        return [];
      }
    };
    const modules = await readable('modules', () => facts.modules(objects, manifest));
    const comps = await readable('groups', () => groups(objects, manifest));
    found.push({
      origin,
      unreadable: { packages: packages.unreadable, advisories: advisories.unreadable },
      packages: packages.rows.filter(within(origin.packages)),
      advisories: [...advisories.rows.filter(within(origin.advisories))],
      modules: modules.filter((m) => origin.modules === 'all' || origin.modules.has(m.digest)),
      groups: comps.filter((g) => origin.groups === 'all' || origin.groups.has(g.id)),
    });
  }
  return pooled(found, facts);
}

interface Loaded {
  origin: Origin;
  unreadable: Slice['unreadable'];
  packages: Uint32Array;
  advisories: number[];
  modules: ModuleFacts[];
  groups: Group[];
}

const within = (set: BitSet | 'all') => (row: number) => set === 'all' || set.has(row);

function pooled(found: Loaded[], facts: Facts): Pool {
  const several = found.length > 1;
  const all = several ? found.flatMap((f) => [...f.packages]) : (found[0]?.packages ?? []);
  const names = facts.packages.names(all);
  const packages: Pool['packages'] = { rows: [], keys: [], slice: [], names };
  const takers = {
    packages: firstOnly(),
    advisories: firstOnly(),
    modules: firstOnly(),
    groups: firstOnly(),
  };
  const pool: Pool = {
    slices: [],
    packages,
    advisories: [],
    modules: [],
    groups: [],
    shadowed: [],
  };
  for (const [slice, one] of found.entries()) {
    for (const row of one.packages) {
      const key = names.key(row);
      if (several && !takers.packages(key, slice)) continue;
      packages.rows.push(row);
      packages.keys.push(key);
      packages.slice.push(slice);
    }
    for (const value of facts.advisories.of(one.advisories)) {
      if (takers.advisories(value.id, slice)) pool.advisories.push({ slice, value });
    }
    for (const value of one.modules) {
      if (takers.modules(moduleKey(value), slice)) pool.modules.push({ slice, value });
      else pool.shadowed.push(value);
    }
    for (const value of one.groups) {
      if (takers.groups(value.id, slice)) pool.groups.push({ slice, value });
    }
    pool.slices.push({
      origin: one.origin,
      unreadable: one.unreadable,
      had: {
        packages: new BitSet(one.packages).size,
        advisories: new BitSet(one.advisories).size,
        modules: new Set(one.modules.map((m) => m.digest)).size,
        groups: new Set(one.groups.map((g) => g.id)).size,
      },
    });
  }
  return pool;
}

/** Gives what is called the same to the first slice that has it. What one slice has twice stays so. */
function firstOnly(): (key: string, slice: number) => boolean {
  const owners = new Map<string, number>();
  return (key, slice) => {
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, slice);
    return owner === undefined || owner === slice;
  };
}

/** Of a module's defaults, and of what it says of its end, the first parent's whole is taken. */
function moduleKey(m: ModuleFacts): string {
  switch (m.kind) {
    case 'stream':
      return JSON.stringify([m.kind, m.name, m.stream, m.version, m.context, m.arch]);
    case 'translations':
      return JSON.stringify([m.kind, m.name, m.stream]);
    case 'other':
      return m.digest;
    default:
      return JSON.stringify([m.kind, m.name]);
  }
}
