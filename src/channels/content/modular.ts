import type { ModuleFacts } from '../../store/catalogue/facts-modules.ts';
import type { PackageKey } from '../../store/catalogue/package-key.ts';
import type { Pool } from './pool.ts';
import type { Selected } from './selection.ts';

export type Stream = Extract<ModuleFacts, { kind: 'stream' }>;

/** Every build that any module of the parents names. */
export function modularBuilds(pool: Pool): Set<PackageKey> {
  const builds = new Set<PackageKey>();
  const add = (m: ModuleFacts) => {
    if (m.kind === 'stream') for (const key of m.artifacts) builds.add(key);
  };
  for (const { value } of pool.modules) add(value);
  for (const value of pool.shadowed) add(value);
  return builds;
}

/** Takes out modular builds of which no stream is in: to clients they would be packages of no module. */
export function dropOrphans(pool: Pool, selected: Selected, modular: ReadonlySet<string>): void {
  if (modular.size === 0) return;
  const owned = new Set<PackageKey>();
  for (const stream of streamsIn(pool, selected))
    for (const key of stream.artifacts) owned.add(key);
  pool.packages.keys.forEach((key, i) => {
    if (modular.has(key) && !owned.has(key)) selected.packages[i] = 0;
  });
}

/** The streams that are in. */
export function* streamsIn(pool: Pool, selected: Selected): Generator<Stream> {
  for (const [i, { value }] of pool.modules.entries()) {
    if (selected.modules[i] && value.kind === 'stream') yield value;
  }
}
