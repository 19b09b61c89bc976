import { AppError } from '../../base/errors.ts';
import { formsOf, namesIn } from '../../channels/content/patterns.ts';
import { readRichDependency } from '../../repodata/rich-dependency.ts';
import { keyOf } from '../../store/catalogue/package-key.ts';
import type { Universe } from './universe.ts';

/** The packages of a universe that somebody means: by a form of their names, else by what they provide. */
export function named(universe: Universe, text: string): number[] {
  const { pool, isThere } = universe;
  const found: number[] = [];
  for (const name of namesIn(text)) {
    const id = pool.textOf(name);
    if (id === undefined) continue;
    for (const pkg of pool.named(id)) {
      if (isThere(pkg) && formsOf(keyOf(pool.shown(pkg))).all.includes(text)) found.push(pkg);
    }
  }
  return found.length > 0 ? found : [...providing(universe, text)];
}

function providing(universe: Universe, text: string): readonly number[] {
  try {
    const read = readRichDependency(`(${text})`);
    if (read.op !== 'one') return [];
    return universe.providers(universe.pool.dependencyOf(read.dependency));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
