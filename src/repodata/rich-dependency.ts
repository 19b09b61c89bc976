import { AppError } from '../base/errors.ts';
import { compares, type Dependency, type Range } from './dependencies.ts';

/** A boolean dependency. `otherwise` is there with `if` and `unless` alone. */
export type RichDependency =
  | { op: 'one'; dependency: Dependency }
  | { op: 'and' | 'or' | 'with'; parts: RichDependency[] }
  | { op: 'without'; parts: [RichDependency, RichDependency] }
  | { op: 'if' | 'unless'; parts: [RichDependency, RichDependency, RichDependency?] };

/** What comes from outside may not be longer, nor deeper. */
const longest = 64 * 1024;
const deepest = 32;

const chained: ReadonlySet<string> = new Set(['and', 'or', 'with']);
const paired: ReadonlySet<string> = new Set(['without', 'if', 'unless']);

/**
 * Reads a boolean dependency such as `(a and (b >= 1 or c))`. Throws AppError 'invalid' where it is none, 'limit' where it
 * is too long or too deep. Source: rpm's manual, "Boolean dependencies".
 */
export function readRichDependency(text: string): RichDependency {
  if (text.length > longest) throw new AppError('limit', 'a boolean dependency is too long');
  const cursor = { text, at: 0 };
  const read = group(cursor, 0);
  if (cursor.at < text.length) throw unreadable(text);
  return read;
}

interface Cursor {
  text: string;
  at: number;
}

const unreadable = (text: string) =>
  new AppError('invalid', `a boolean dependency cannot be read (${text.slice(0, 100)})`);

/** From one parenthesis to the other. */
function group(cursor: Cursor, depth: number): RichDependency {
  const fail = () => unreadable(cursor.text);
  if (depth > deepest) throw new AppError('limit', 'a boolean dependency is too deep');
  if (cursor.text[cursor.at++] !== '(') throw fail();
  const parts = [operand(cursor, depth)];
  const op = word(cursor);
  for (let next = op; next !== undefined; next = word(cursor)) {
    const isElse = next === 'else' && parts.length === 2 && (op === 'if' || op === 'unless');
    const isNext = next === op && (chained.has(next) || (paired.has(next) && parts.length === 1));
    if (!isElse && !isNext) throw fail();
    parts.push(operand(cursor, depth));
  }
  if (cursor.text[cursor.at++] !== ')') throw fail();
  return op === undefined ? parts[0]! : ({ op, parts } as RichDependency);
}

function operand(cursor: Cursor, depth: number): RichDependency {
  skipBlanks(cursor);
  if (cursor.text[cursor.at] === '(') return group(cursor, depth + 1);
  const name = nameAt(cursor);
  if (!name) throw unreadable(cursor.text);
  skipBlanks(cursor);
  const operator = take(cursor, /[<=>]*/y);
  if (!operator) return { op: 'one', dependency: { name, range: undefined } };
  skipBlanks(cursor);
  const evr = take(cursor, /[^\s,)]+/y);
  if (!evr) throw unreadable(cursor.text);
  return { op: 'one', dependency: { name, range: rangeOf(operator, evr) } };
}

/** A name may hold parentheses of its own, as `config(a)` does. */
function nameAt(cursor: Cursor): string {
  const { text, at } = cursor;
  let open = 0;
  let end = at;
  for (; end < text.length; end++) {
    const c = text[end]!;
    if (c === ' ' || c === ',' || (c === ')' && open-- <= 0)) break;
    if (c === '(') open++;
  }
  cursor.at = end;
  return text.slice(at, end);
}

/** The operator that comes next; undefined before the end of the group. */
function word(cursor: Cursor): string | undefined {
  skipBlanks(cursor);
  const found = take(cursor, /[a-z]+(?= )/y);
  if (found && !chained.has(found) && !paired.has(found) && found !== 'else') {
    throw unreadable(cursor.text);
  }
  return found || undefined;
}

function skipBlanks(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at++;
}

function take(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? '';
  cursor.at += found.length;
  return found;
}

function rangeOf(operator: string, evr: string): Range {
  const bits = { '>': compares.greater, '=': compares.equal, '<': compares.less };
  const flags = [...operator].reduce((all, c) => all | bits[c as keyof typeof bits], 0);
  const [, epoch = '0', rest] = /^(?:(\d+):)?(.*)$/s.exec(evr)!;
  const dash = rest!.lastIndexOf('-');
  const version = dash < 0 ? rest! : rest!.slice(0, dash);
  return { flags, epoch, version, release: dash < 0 ? '' : rest!.slice(dash + 1) };
}

/** What answers for single dependencies, by number of package: anything that can be told apart. */
export interface Providers {
  has(dependency: Dependency): boolean;
  of(dependency: Dependency): ReadonlySet<number>;
}

/**
 * Whether a set of packages can meet a boolean dependency. A condition counts as met where something in the set meets it: of
 * `(a if b)` a is wanted where there is a b. `(a unless b)` wants an a, as b need not be installed.
 */
export function isMet(rich: RichDependency, providers: Providers): boolean {
  const met = (part: RichDependency) => isMet(part, providers);
  switch (rich.op) {
    case 'one':
      return providers.has(rich.dependency);
    case 'and':
      return rich.parts.every(met);
    case 'or':
      return rich.parts.some(met);
    case 'if': {
      const [wanted, condition, otherwise] = rich.parts;
      return met(condition) ? met(wanted) : !otherwise || met(otherwise);
    }
    case 'unless': {
      const [wanted, condition, otherwise] = rich.parts;
      return met(wanted) || (otherwise !== undefined && met(condition) && met(otherwise));
    }
    default:
      return providersOf(rich, providers).size > 0;
  }
}

/** The packages of which each meets it by itself. */
export function providersOf(rich: RichDependency, providers: Providers): ReadonlySet<number> {
  const of = (part: RichDependency) => providersOf(part, providers);
  switch (rich.op) {
    case 'one':
      return providers.of(rich.dependency);
    case 'or':
      return new Set(rich.parts.flatMap((part) => [...of(part)]));
    case 'and':
    case 'with':
      return rich.parts.map(of).reduce((all, some) => only(all, (p) => some.has(p)));
    case 'without': {
      const other = of(rich.parts[1]);
      return only(of(rich.parts[0]), (p) => !other.has(p));
    }
    default:
      return of(rich.parts[0]);
  }
}

const only = (packages: ReadonlySet<number>, test: (p: number) => boolean) =>
  new Set([...packages].filter(test));

/** The single dependencies in it. */
export function dependenciesIn(rich: RichDependency): Dependency[] {
  if (rich.op === 'one') return [rich.dependency];
  return rich.parts.flatMap((part) => (part ? dependenciesIn(part) : []));
}
