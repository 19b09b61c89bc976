import { BitSet } from '../../base/bit-set.ts';
import type { Origin } from './content.ts';
import type { Pool, Slice } from './pool.ts';
import type { Selected } from './selection.ts';

type Kind = keyof Slice['had'];

interface Remaining {
  origin: Origin;
  slices: Slice[];
  packages: BitSet;
  advisories: BitSet;
  modules: Set<string>;
  groups: Set<string>;
}

/** What remains, by mirrored revision: `all` where that is everything that there was. */
export function originsOf(
  pool: Pool,
  selected: Selected,
  remark: (text: string) => void,
): Origin[] {
  const byManifest = new Map<string, Remaining>();
  const bySlice = pool.slices.map((slice): Remaining => {
    const { origin } = slice;
    const remaining = byManifest.get(origin.manifest) ?? {
      origin,
      slices: [],
      packages: new BitSet(),
      advisories: new BitSet(),
      modules: new Set(),
      groups: new Set(),
    };
    byManifest.set(origin.manifest, remaining);
    remaining.slices.push(slice);
    return remaining;
  });
  const { rows, slice } = pool.packages;
  rows.forEach((row, i) => {
    if (selected.packages[i]) bySlice[slice[i]!]!.packages.add(row);
  });
  pool.advisories.forEach((a, i) => {
    if (selected.advisories[i]) bySlice[a.slice]!.advisories.add(a.value.row);
  });
  pool.modules.forEach((m, i) => {
    if (selected.modules[i]) bySlice[m.slice]!.modules.add(m.value.digest);
  });
  pool.groups.forEach((g, i) => {
    if (selected.groups[i]) bySlice[g.slice]!.groups.add(g.value.id);
  });
  const origins = [...byManifest.values()].map((r) => originOf(r, remark));
  const filled = origins.filter((o) => sets.some((kind) => o[kind] === 'all' || o[kind].size > 0));
  return filled.length > 0 ? filled : origins;
}

const sets = ['packages', 'advisories', 'modules', 'groups'] as const satisfies Kind[];

function originOf(remaining: Remaining, remark: (text: string) => void): Origin {
  const { origin, slices } = remaining;
  const { label, manifest } = origin;
  const isWhole = (kind: Kind) =>
    slices.some((s) => s.origin[kind] === 'all' && s.had[kind] === remaining[kind].size);
  const lost = (kind: 'packages' | 'advisories') => {
    const dropped = slices.find((s) => s.origin[kind] === 'all')?.unreadable[kind] ?? 0;
    if (dropped > 0) {
      remark(
        `${dropped} ${kind} of ${label} that cannot be read are left out, as others of it are`,
      );
    }
  };
  const kept = <T>(kind: Kind, set: T): T | 'all' => {
    if (isWhole(kind)) return 'all';
    if (kind === 'packages' || kind === 'advisories') lost(kind);
    return set;
  };
  return {
    label,
    manifest,
    packages: kept('packages', remaining.packages),
    advisories: kept('advisories', remaining.advisories),
    modules: kept('modules', remaining.modules),
    groups: kept('groups', remaining.groups),
  };
}
