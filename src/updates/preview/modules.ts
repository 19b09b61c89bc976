import { activeBuilds, modularNames } from '../../channels/check/visibility.ts';
import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import { fieldsOf, keyOfNevra } from '../../store/catalogue/package-key.ts';
import type { NotedModules } from '../updates.ts';
import type { Nevra, Pool } from './pool.ts';

/** What decides about the streams that a machine uses. */
export interface StreamsOf {
  modules: ModulesOf;
  /** As the machine said, or as they are to be. */
  noted: NotedModules;
  installed: readonly Nevra[];
  /** Such as `el8`; undefined where any will do. */
  platform: string | undefined;
}

/**
 * The packages that a machine does not see for its modules: those of streams that it does not use, and those of no module whose
 * name a stream in use has. A stream is in use that was chosen, else one of which something is installed, else the default.
 */
export function hiddenByModules(pool: Pool, about: StreamsOf): Set<number> {
  const { modules, platform } = about;
  const hidden = new Set<number>();
  if (modules.builds.length === 0) return hidden;
  const chosen = chosenStreams(about);
  const defaults = modules.defaults.filter(({ module }) => !chosen.has(module));
  for (const [module, stream] of chosen) defaults.push({ module, stream: stream ?? undefined });
  const { builds } = modules;
  const active = activeBuilds({ builds, defaults }, platform);
  const { artifacts, used, names } = modularNames(modules, active);
  const numbers = (nevras: Iterable<string>) => {
    const found = new Set<number>();
    for (const nevra of nevras) {
      const key = keyOfNevra(nevra);
      const number = key === undefined ? undefined : pool.nevraOf(fieldsOf(key));
      if (number !== undefined) found.add(number);
    }
    return found;
  };
  const visible = numbers(used);
  const modular = numbers(artifacts);
  for (let pkg = 0; pkg < pool.size(); pkg++) {
    const nevra = pool.nevra(pkg);
    if (modular.has(nevra) && !visible.has(nevra)) hidden.add(pkg);
  }
  for (const name of names) {
    for (const pkg of pool.providing(name)) if (!visible.has(pool.nevra(pkg))) hidden.add(pkg);
  }
  return hidden;
}

/** By module; null for one that is disabled. */
function chosenStreams({ modules, noted, installed }: StreamsOf): Map<string, string | null> {
  const chosen = new Map<string, string | null>();
  const nevras = new Set(
    installed.map((i) => `${i.name}-${i.epoch || '0'}:${i.version}-${i.release}.${i.arch}`),
  );
  for (const { name, stream, artifacts } of modules.builds) {
    if (!chosen.has(name) && artifacts.some((a) => nevras.has(a))) chosen.set(name, stream);
  }
  for (const [module, { stream }] of Object.entries(noted)) chosen.set(module, stream);
  return chosen;
}
