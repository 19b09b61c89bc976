import { AppError } from './base/errors.ts';
import type { Source } from './base/source.ts';

/** The labels of the sources that one is made of. */
function parentsOf(source: Source): string[] {
  if (source.kind === 'view') return source.from;
  return source.kind === 'stage' ? [source.follows] : [];
}

/** The labels of the sources that packages were taken from. They need not be there any more. */
const packagesFrom = (source: Source): readonly string[] =>
  source.kind === 'custom' ? source.from : [];

/** The labels of the sources that one is checked with. */
const checkedWith = (source: Source): string[] =>
  source.kind === 'view' && source.strict ? source.strict.with : [];

/** Whether what a source consists of is made, in the end, of another; of itself it is. */
export function drawsOn(
  find: (label: string) => Source | undefined,
  label: string,
  other: string,
): boolean {
  if (label === other) return true;
  const source = find(label);
  return source !== undefined && parentsOf(source).some((parent) => drawsOn(find, parent, other));
}

/** Labels of the sources that draw from one, have packages of it, are checked with it, or are its children. */
export function needing(sources: ReadonlyMap<string, Source>, label: string): string[] {
  return [...sources.values()]
    .filter(
      (s) =>
        (s.parent === label && s.label !== label) ||
        [...parentsOf(s), ...packagesFrom(s), ...checkedWith(s)].includes(label),
    )
    .map((s) => s.label);
}

/**
 * Throws an AppError of that kind where a source draws from one that is not there, or in the end from itself, or is checked
 * with one that is not there, or with itself.
 */
export function checkGraph(sources: ReadonlyMap<string, Source>, kind: 'config' | 'usage'): void {
  /** Sources of which it is known that nothing is wrong with what they draw from. */
  const sound = new Set<string>();

  function visit(source: Source, path: string[]): void {
    const { label } = source;
    if (sound.has(label)) return;
    const here = [...path, label];
    if (path.includes(label)) {
      const cycle = here.slice(path.indexOf(label)).join(' \u2192 ');
      throw new AppError(kind, `source ${label} draws from itself: ${cycle}`, {
        hint: 'take one of these out of the `from` or `follows` of the one before it',
      });
    }
    for (const parent of parentsOf(source)) {
      const found = sources.get(parent);
      if (!found) {
        throw new AppError(kind, `source ${label} draws from ${parent}, which is no source`, {
          hint: '`headwater source list` shows those there are',
        });
      }
      visit(found, here);
    }
    for (const other of checkedWith(source)) {
      if (other !== label && sources.has(other)) continue;
      const what = other === label ? 'itself' : `${other}, which is no source`;
      throw new AppError(kind, `source ${label} is checked with ${what}`, {
        hint: 'name other sources in `strict: { with: [LABEL, …] }`; `headwater source list` shows them',
      });
    }
    sound.add(label);
  }

  for (const source of sources.values()) visit(source, []);
}
