import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import { fieldsOf, keyOf, keyOfNevra, nameOf } from '../../store/catalogue/package-key.ts';
import { createStreams } from '../streams.ts';
import type { NotedModules } from '../updates.ts';
import type { Nevra, Pool } from './pool.ts';

/** What decides about the streams that a machine uses. */
export interface StreamsOf {
  modules: ModulesOf;
  /** As the machine said; undefined where it did not. */
  noted: NotedModules | undefined;
  /** As they are to be besides. */
  enable: readonly { module: string; stream: string | null }[];
  installed: readonly Nevra[];
}

/**
 * The packages that a machine does not see for its modules: those of streams that it does not use, and those of no module whose
 * name, or what they provide, a stream in use has.
 */
export function hiddenByModules(pool: Pool, about: StreamsOf): Set<number> {
  const { modules, noted, enable } = about;
  const hidden = new Set<number>();
  if (modules.builds.length === 0) return hidden;
  const streams = createStreams(modules);
  const keys = about.installed.map((one) => keyOf({ ...one, epoch: one.epoch || '0' }));
  const chosen = streams.chosen(keys, noted);
  for (const { module, stream } of enable) chosen.set(module, stream);
  const { slots } = streams.inUse(chosen);
  const visible = new Set<number>();
  const names = new Set<string>();
  const modular = new Set<number>();
  for (const artifact of modules.builds.flatMap((build) => build.artifacts)) {
    const key = keyOfNevra(artifact);
    const of = key === undefined ? undefined : streams.of(key);
    if (key === undefined || of === undefined) continue;
    const isUsed = of.some((slot) => slots[slot]);
    if (isUsed) names.add(nameOf(key));
    const number = pool.nevraOf(fieldsOf(key));
    if (number === undefined) continue;
    modular.add(number);
    if (isUsed) visible.add(number);
  }
  for (let pkg = 0; pkg < pool.size(); pkg++) {
    const nevra = pool.nevra(pkg);
    if (modular.has(nevra) && !visible.has(nevra)) hidden.add(pkg);
  }
  for (const name of names) {
    for (const pkg of pool.providing(name)) if (!visible.has(pool.nevra(pkg))) hidden.add(pkg);
  }
  return hidden;
}
