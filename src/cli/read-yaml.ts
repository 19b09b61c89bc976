import { existsSync, readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { AppError, explain } from '../base/errors.ts';
import { issuesOf } from '../base/issues.ts';
import { shownUrl } from '../base/redact.ts';

/**
 * Reads a YAML file by a schema. Throws AppError 'config': every problem on a line of its own, with file, line, what was
 * found and what is allowed.
 */
export function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  if (!existsSync(file)) {
    throw new AppError('config', `the configuration file ${file} does not exist`, {
      hint: 'name one with --config or HEADWATER_CONFIG',
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(readText(file), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const at = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`;
  const broken = document.errors[0];
  if (broken) throw new AppError('config', `${at(broken.pos[0])}: not YAML: ${broken.message}`);
  const value = contentOf(document, file) ?? {};
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const problems = issuesOf(checked.error).map((issue) => {
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = key === undefined ? issue.path : [...issue.path, key];
    return `${at(offsetOf(document, path))}: ${path.join('.') || 'the file'}: ${say(issue, value, schema)}`;
  });
  throw new AppError('config', problems.join('\n'));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError(
      'config',
      `the configuration file ${file} cannot be read (${explain(error)})`,
      {
        cause: error,
      },
    );
  }
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new AppError('config', `${file}: not YAML: ${explain(error)}`, { cause: error });
  }
}

function say(issue: z.core.$ZodIssue, root: unknown, schema: z.ZodType): string {
  const value = issue.path.reduce<unknown>(
    (v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k],
    root,
  );
  if (issue.code === 'unrecognized_keys') {
    return `found the key ${issue.keys.map((k) => JSON.stringify(k)).join(', ')}, allowed are ${keysAt(schema, issue.path).join(', ')}`;
  }
  const found = value === undefined ? 'nothing' : shownValue(value, issue.path);
  const allowed =
    issue.code === 'invalid_value'
      ? issue.values.join(', ')
      : issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')
        ? `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
        : issue.message;
  return `found ${found}, allowed is ${allowed}`;
}

/** What was found, for a person to recognise it, without credentials. */
function shownValue(value: unknown, path: PropertyKey[]): string | undefined {
  if (path.includes('auth') || path[0] === 'signing' || path[0] === 'tls')
    return `a ${typeof value}`;
  const bare = (_: string, v: unknown) =>
    typeof v === 'string' && /\/\/.*[@?]/s.test(v) ? shownUrl(v) : v;
  return JSON.stringify(value, bare)?.slice(0, 80);
}

/** The keys that the schema allows at a path. */
function keysAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  let at: unknown = schema;
  const open = (s: unknown): unknown => {
    for (let inner = s; ; ) {
      if (inner instanceof z.ZodOptional) inner = inner.unwrap();
      else return inner;
    }
  };
  for (const key of path) {
    const inner = open(at);
    if (inner instanceof z.ZodObject) at = inner.shape[key as string];
    else if (inner instanceof z.ZodArray) at = inner.element;
    else return [];
  }
  const inner = open(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** Where the key or item at a path stands in the file; of the nearest thing around it if it is absent. */
function offsetOf(document: Document, path: PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const parent = length > 0 ? document.getIn(path.slice(0, length - 1), true) : undefined;
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((p) => isScalar(p.key) && p.key.value === key);
      if (pair && isScalar(pair.key)) return pair.key.range?.[0];
    }
    const node = document.getIn(path.slice(0, length), true) as { range?: [number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}
