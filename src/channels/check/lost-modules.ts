import { takesStream } from '../../repodata/module-dependencies.ts';
import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import type { LostModule } from './report.ts';

/**
 * The streams of `checked` that require a module of which no stream that would do is among those `present`. The module
 * `platform` stands for the machine.
 */
export function lostModules(
  present: ModulesOf,
  parents: ModulesOf,
  checked: ModulesOf,
): LostModule[] {
  const streamsOf = ({ builds }: ModulesOf) => {
    const streams = new Map<string, Set<string>>();
    for (const { name, stream } of builds) {
      streams.set(name, (streams.get(name) ?? new Set()).add(stream));
    }
    return (name: string, wanted: string[]) =>
      [...(streams.get(name) ?? [])].some((stream) => takesStream(wanted, stream));
  };
  const isPresent = streamsOf(present);
  const isInParents = streamsOf(parents);
  const lost = new Map<string, LostModule>();
  const met = new Set<string>();
  for (const { name, stream, requires } of checked.builds) {
    const line = `${name}:${stream}`;
    const unmet = requires.map((alternative) =>
      Object.entries(alternative).filter(
        ([module, wanted]) => module !== 'platform' && !isPresent(module, wanted),
      ),
    );
    const [fewest] = unmet.sort((a, b) => a.length - b.length);
    // Another build of the stream may require less: machines take that one.
    if (!fewest || fewest.length === 0) met.add(line);
    for (const [module, wanted] of fewest ?? []) {
      const requirement = wanted.length === 0 ? module : `${module}:${wanted.join('|')}`;
      const isLost = isInParents(module, wanted);
      lost.set(`${line} ${requirement}`, { stream: line, requires: requirement, lost: isLost });
    }
  }
  return [...lost.values()].filter((l) => !met.has(l.stream));
}
