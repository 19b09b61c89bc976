import type { Filters } from '../../base/filters.ts';
import type { ModuleFacts } from '../../store/catalogue/facts-modules.ts';
import { nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { streamsIn } from './modular.ts';
import type { Pool } from './pool.ts';
import { namesIn, type Selected } from './selection.ts';

/** Takes out streams of which no build is in. One that names no builds stays if no filter is about modules. */
export function dropEmptyStreams(pool: Pool, selected: Selected, { modules }: Filters): void {
  const isFiltered = modules.include.length + modules.exclude.length > 0;
  const artifacts = new Set<PackageKey>();
  for (const { artifacts: keys } of streamsIn(pool, selected))
    for (const k of keys) artifacts.add(k);
  if (artifacts.size === 0 && !isFiltered) return;
  const present = presentOf(pool, selected, artifacts);
  pool.modules.forEach(({ value }, i) => {
    if (value.kind !== 'stream' || !selected.modules[i]) return;
    const holds =
      value.artifacts.length === 0 ? !isFiltered : value.artifacts.some((key) => present.has(key));
    if (!holds) selected.modules[i] = 0;
  });
}

/** Takes out advisories and groups of which no package is in, and what modules say of streams that are out. */
export function dropEmptyRecords(pool: Pool, selected: Selected, { advisories }: Filters): void {
  const isFiltered = advisories.include.length + advisories.exclude.length > 0;
  const { keys } = pool.packages;
  const shipped = new Set<PackageKey>();
  if (pool.advisories.length > 0) {
    for (const [i, key] of keys.entries()) if (selected.packages[i]) shipped.add(key);
  }
  pool.advisories.forEach(({ value }, i) => {
    const holds =
      value.packages.length === 0 ? !isFiltered : value.packages.some((key) => shipped.has(key));
    if (!holds) selected.advisories[i] = 0;
  });
  if (pool.groups.length > 0) {
    const names = new Set<string>();
    for (const [i, key] of keys.entries()) if (selected.packages[i]) names.add(nameOf(key));
    pool.groups.forEach(({ value }, i) => {
      const list = namesIn(value);
      if (list.length > 0 && !list.some((name) => names.has(name))) selected.groups[i] = 0;
    });
  }
  dropModuleRemarks(pool, selected);
}

function dropModuleRemarks(pool: Pool, selected: Selected): void {
  const modules = new Set<string>();
  const streams = new Set<string>();
  for (const { name, stream } of streamsIn(pool, selected)) {
    modules.add(name);
    streams.add(`${name}:${stream}`);
  }
  const stays = (m: ModuleFacts): boolean => {
    switch (m.kind) {
      case 'defaults':
        return modules.has(m.name) && (!m.stream || streams.has(`${m.name}:${m.stream}`));
      case 'obsoletes':
        return (
          streams.has(`${m.name}:${m.stream}`) &&
          (!m.by || streams.has(`${m.by.name}:${m.by.stream}`))
        );
      case 'translations':
        return modules.has(m.name);
      default:
        return true;
    }
  };
  pool.modules.forEach(({ value }, i) => {
    if (!stays(value)) selected.modules[i] = 0;
  });
}

/** Which of these builds are in. */
function presentOf(pool: Pool, selected: Selected, wanted: ReadonlySet<PackageKey>) {
  const present = new Set<PackageKey>();
  pool.packages.keys.forEach((key, i) => {
    if (selected.packages[i] && wanted.has(key)) present.add(key);
  });
  return present;
}
