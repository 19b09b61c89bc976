import { AppError } from '../../base/errors.ts';
import {
  providersOf,
  type RichDependency,
  readRichDependency,
} from '../../repodata/rich-dependency.ts';
import type { Pool } from './pool.ts';

/** Clauses of literals, as `Clauses` has them. */
type Formula = number[][];

/** Beyond that a boolean dependency is taken as met. */
const most = 2000;

/**
 * What a boolean dependency demands, as clauses: that it is met, or that it is not. Undefined where it cannot be read or is
 * too large. `providers` gives the packages that meet a dependency by its number.
 */
export function formulaOf(
  text: string,
  isMet: boolean,
  about: { pool: Pool; providers(dependency: number): readonly number[] },
): Formula | undefined {
  try {
    const rich = readRichDependency(text);
    return isMet ? met(rich) : unmet(rich);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }

  function packages(rich: RichDependency): number[] {
    const of = (d: Parameters<Pool['dependencyOf']>[0]) =>
      about.providers(about.pool.dependencyOf(d));
    const found = providersOf(rich, { has: (d) => of(d).length > 0, of: (d) => new Set(of(d)) });
    return [...found];
  }

  function met(rich: RichDependency): Formula {
    switch (rich.op) {
      case 'and':
        return all(rich.parts.map(met));
      case 'or':
        return any(rich.parts.map(met));
      case 'if': {
        const [wanted, condition, otherwise] = rich.parts;
        const first = any([met(wanted), unmet(condition)]);
        return otherwise ? all([first, any([met(otherwise), met(condition)])]) : first;
      }
      case 'unless': {
        const [wanted, condition, otherwise] = rich.parts;
        const first = all([met(wanted), unmet(condition)]);
        return otherwise ? any([first, all([met(otherwise), met(condition)])]) : first;
      }
      default:
        return [packages(rich).map((p) => p + 1)];
    }
  }

  function unmet(rich: RichDependency): Formula {
    switch (rich.op) {
      case 'and':
        return any(rich.parts.map(unmet));
      case 'or':
        return all(rich.parts.map(unmet));
      case 'if': {
        const [wanted, condition, otherwise] = rich.parts;
        const first = all([unmet(wanted), met(condition)]);
        return otherwise ? any([first, all([unmet(otherwise), unmet(condition)])]) : first;
      }
      case 'unless': {
        const [wanted, condition, otherwise] = rich.parts;
        const first = any([unmet(wanted), met(condition)]);
        return otherwise ? all([first, any([unmet(otherwise), unmet(condition)])]) : first;
      }
      default:
        return packages(rich).map((p) => [-(p + 1)]);
    }
  }
}

const all = (parts: Formula[]): Formula => bounded(parts.flat());

function any([first = [], ...others]: Formula[]): Formula {
  return others.reduce((one, other) => {
    if (one.length * other.length > most) throw tooLarge();
    return bounded(one.flatMap((a) => other.map((b) => [...a, ...b])));
  }, first);
}

function bounded(formula: Formula): Formula {
  if (formula.length > most) throw tooLarge();
  return formula;
}

const tooLarge = () => new AppError('limit', 'a boolean dependency is too large');
