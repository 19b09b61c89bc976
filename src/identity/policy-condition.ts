import type { Reader } from './statement-tokens.ts';

/** What `where` asks for. */
export type Condition =
  | { kind: 'all' | 'any'; of: readonly Condition[] }
  | { kind: 'test'; variable: Variable; not: boolean; value: string; isPattern: boolean };

export const variables = [
  'request.operation',
  'request.user.name',
  'request.user.id',
  'target.compartment.name',
  'target.compartment.id',
  'target.resource.id',
] as const;
export type Variable = (typeof variables)[number];

/** What variables are for a request; one that is missing has no value, and no test of it holds. */
export type Values = { readonly [V in Variable]?: string | readonly string[] | undefined };

const deepest = 8;

/** Reads `<variable> = '…'`, `!=`, a pattern between slashes, `any {…}` and `all {…}`, which may hold each other. */
export function readCondition(reader: Reader, depth = 0): Condition {
  const start = reader.peek();
  for (const kind of ['all', 'any'] as const) {
    if (!reader.takes(kind)) continue;
    if (depth >= deepest) throw reader.refuse(`at most ${deepest} braces in each other`, start);
    reader.sign('{');
    const of = [readCondition(reader, depth + 1)];
    while (reader.takesSign(',')) of.push(readCondition(reader, depth + 1));
    reader.sign('}', '"," or "}"');
    return { kind, of };
  }
  const variable = reader.oneOf(variables, `"any", "all" or a variable: ${variables.join(', ')}`);
  const not = reader.takesSign('!=');
  if (!not) reader.sign('=', '"=" or "!="');
  const { kind, text } = reader.peek();
  if (kind !== 'text' && kind !== 'pattern') {
    throw reader.refuse('a text in single quotes, or a pattern such as /List*/');
  }
  reader.next();
  return { kind: 'test', variable, not, value: text, isPattern: kind === 'pattern' };
}

/** Whether a condition holds. The names of operations are the same in any case; all else is compared exactly. */
export function holds(condition: Condition, values: Values): boolean {
  if (condition.kind !== 'test') {
    const one = (c: Condition) => holds(c, values);
    return condition.kind === 'all' ? condition.of.every(one) : condition.of.some(one);
  }
  const { variable, not, value, isPattern } = condition;
  const found = values[variable];
  if (found === undefined) return false;
  const fold = (text: string) => (variable === 'request.operation' ? text.toLowerCase() : text);
  const wanted = fold(value);
  const fits = (text: string) => (isPattern ? isLike(fold(text), wanted) : fold(text) === wanted);
  return (typeof found === 'string' ? fits(found) : found.some(fits)) !== not;
}

/** Whether a text is like a pattern in which each `*` stands for any characters, or none. Takes time in proportion. */
function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
