import { createReader, type Reader } from './statement-tokens.ts';

/** What rules of dynamic groups ask of an instance. */
export interface Matched {
  /** What it is known by: its number, its OCID. None for a machine that is not known yet. */
  ids: readonly string[];
  /** The OCID of its compartment. */
  compartment: string;
  tags: readonly string[];
}

type Rule = (instance: Matched) => boolean;

const deepest = 8;

/**
 * Reads the rule of a dynamic group: `ANY {…}` or `ALL {…}` of `instance.compartment.id = '…'`, `instance.id = '…'`,
 * `tag.<name>.value = '…'`, each with `!=` as well, and `tag.<name>`, which asks whether there is such a tag; or only one of
 * these. A tag with a value is one that is written `<name>=<value>`. Throws AppError 'usage' as parsePolicy does.
 */
export function matchingRule(text: string): Rule {
  const reader = createReader(text);
  const rule = readRule(reader, 0);
  reader.end();
  return rule;
}

function readRule(reader: Reader, depth: number): Rule {
  const start = reader.peek();
  for (const kind of ['any', 'all'] as const) {
    if (!reader.takes(kind)) continue;
    if (depth >= deepest) throw reader.refuse(`at most ${deepest} braces in each other`, start);
    reader.sign('{');
    const of = [readRule(reader, depth + 1)];
    while (reader.takesSign(',')) of.push(readRule(reader, depth + 1));
    reader.sign('}', '"," or "}"');
    return (instance) =>
      kind === 'all' ? of.every((r) => r(instance)) : of.some((r) => r(instance));
  }
  return readTest(reader);
}

const expected =
  '"ANY", "ALL", instance.id, instance.compartment.id, tag.<name>.value or tag.<name>';

function readTest(reader: Reader): Rule {
  if (reader.takes('instance.id')) {
    const fits = readComparison(reader);
    return ({ ids }) => fits(ids);
  }
  if (reader.takes('instance.compartment.id')) {
    const fits = readComparison(reader);
    return ({ compartment }) => fits([compartment]);
  }
  const { kind, text } = reader.peek();
  const written = kind === 'word' ? /^tag\.(.+?)(\.value)?$/i.exec(text) : null;
  if (!written) throw reader.refuse(expected);
  reader.next();
  const [, name, value] = written;
  const sign = reader.peek();
  if (sign.kind === 'sign' && (sign.text === '=' || sign.text === '!=')) {
    if (value === undefined)
      throw reader.refuse(`"," or "}": values are compared by tag.${name}.value`);
    const fits = readComparison(reader);
    const start = `${name}=`;
    return ({ tags }) =>
      fits(tags.filter((t) => t.startsWith(start)).map((t) => t.slice(start.length)));
  }
  return ({ tags }) => tags.some((t) => t === name || t.startsWith(`${name}=`));
}

/** Reads `= '…'` or `!= '…'`: whether one of some values is it, or none is. */
function readComparison(reader: Reader): (values: readonly string[]) => boolean {
  const not = reader.takesSign('!=');
  if (!not) reader.sign('=', '"=" or "!="');
  const { kind, text } = reader.peek();
  if (kind !== 'text') throw reader.refuse('a text in single quotes');
  reader.next();
  return (values) => values.includes(text) !== not;
}
