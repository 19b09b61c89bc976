import { parse } from 'yaml';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

/** A `modulemd` document, version 1 or 2: one build of one stream of a module. */
export interface ModuleStream {
  name: string;
  stream: string;
  version: string;
  context: string;
  arch: string;
  summary: string;
  artifacts: string[];
  profiles: { name: string; packages: string[] }[];
}

const list = z.array(z.string()).catch([]);
const streamDocument = z.object({
  document: z.literal('modulemd'),
  data: z.object({
    name: z.string(),
    stream: z.string(),
    version: z.string().catch('0'),
    context: z.string().catch(''),
    arch: z.string().catch(''),
    summary: z.string().catch(''),
    artifacts: z.object({ rpms: list }).catch({ rpms: [] }),
    profiles: z.record(z.string(), z.object({ rpms: list })).catch({}),
  }),
});

/** What a document of a modules.yaml is about. */
export type ModuleDocument =
  | { kind: 'stream'; module: ModuleStream }
  /** The stream that is taken where none is chosen, if there is one. */
  | { kind: 'defaults'; name: string; stream: string | undefined }
  /** A stream that has come to its end, in one context or all, and what takes its place. */
  | {
      kind: 'obsoletes';
      name: string;
      stream: string;
      context: string | undefined;
      by: { name: string; stream: string } | undefined;
    }
  | { kind: 'translations'; name: string; stream: string }
  | { kind: 'other' };

const maybe = z.string().optional().catch(undefined);
const ofModule = z.object({ module: z.string(), stream: z.string() });
const otherDocument = z.discriminatedUnion('document', [
  z.object({
    document: z.literal('modulemd-defaults'),
    data: z.object({ module: z.string(), stream: maybe }),
  }),
  z.object({
    document: z.literal('modulemd-obsoletes'),
    data: ofModule.extend({
      context: maybe,
      obsoleted_by: ofModule.optional().catch(undefined),
    }),
  }),
  z.object({ document: z.literal('modulemd-translations'), data: ofModule }),
]);

/** Cuts a modules.yaml into its YAML documents, which are separated by `---` lines. */
export function cutModules(yaml: string): string[] {
  return yaml
    .split(/^---(?=\s)/m)
    .map((part) => part.replace(/^(?:\.\.\.[^\S\n]*|%YAML .*)$/gm, ''))
    .filter((part) => part.replace(/^[^\S\n]*#.*$/gm, '').trim() !== '');
}

/** A modules.yaml of documents as `cutModules` gives them. */
export const joinModules = (documents: readonly string[]): string =>
  documents
    .map((d) => `---${/^\s/.test(d) ? '' : '\n'}${d}${d.endsWith('\n') ? '' : '\n'}`)
    .join('');

/**
 * Reads one document of a modules.yaml. Gives undefined for the other kinds (defaults, obsoletes, translations).
 * Every scalar is text, so that a stream `2.10` stays one and 64-bit numbers keep their digits. Throws AppError
 * 'invalid' where it is not YAML or not a module, 'limit' where it is too long: what is hostile takes seconds for each
 * megabyte. Source: libmodulemd's `modulemd-v2` document.
 */
export function readModule(document: string): ModuleStream | undefined {
  const found = readModuleDocument(document);
  return found.kind === 'stream' ? found.module : undefined;
}

/** The same, with what the other kinds say. Those that do not say what theirs says, and unknown ones, are `other`. */
export function readModuleDocument(document: string): ModuleDocument {
  if (document.length > limits.moduleDocument) {
    throw new AppError(
      'limit',
      `a module document is longer than ${limits.moduleDocument} characters`,
    );
  }
  const value = parseDocument(document);
  if (value === undefined)
    throw new AppError('invalid', 'a module document is not YAML that can be read');
  const kind = (value as { document?: unknown } | null)?.document;
  if (typeof kind !== 'string') throw new AppError('invalid', 'a module document names no kind');
  if (kind !== 'modulemd') return otherOf(value);
  const checked = streamDocument.safeParse(value);
  if (!checked.success) {
    throw new AppError('invalid', 'a modulemd document has no name or stream', {
      cause: checked.error,
    });
  }
  return { kind: 'stream', module: streamOf(checked.data.data) };
}

function streamOf(data: z.output<typeof streamDocument>['data']): ModuleStream {
  return {
    name: data.name,
    stream: data.stream,
    version: data.version,
    context: data.context,
    arch: data.arch,
    summary: data.summary,
    artifacts: data.artifacts.rpms,
    profiles: Object.entries(data.profiles).map(([name, p]) => ({ name, packages: p.rpms })),
  };
}

/** Source: libmodulemd's `modulemd-defaults-v1`, `modulemd-obsoletes-v1` and `modulemd-translations-v1`. */
function otherOf(value: unknown): ModuleDocument {
  const checked = otherDocument.safeParse(value);
  if (!checked.success) return { kind: 'other' };
  const { document, data } = checked.data;
  const { module: name, stream } = data;
  if (document === 'modulemd-defaults') return { kind: 'defaults', name, stream };
  if (document === 'modulemd-translations') return { kind: 'translations', name, stream: stream! };
  const { context, obsoleted_by: by } = data;
  return {
    kind: 'obsoletes',
    name,
    stream: stream!,
    context,
    by: by && { name: by.module, stream: by.stream },
  };
}

/** A document's YAML as text, lists and records; undefined where it cannot be read. */
export function parseDocument(document: string): unknown {
  const lenient = indentLoneQuotes(document);
  return parseFailsafe(document) ?? (lenient === document ? undefined : parseFailsafe(lenient));
}

/** YAML as text, lists and records; undefined where it is not YAML. */
export function parseFailsafe(document: string): unknown {
  try {
    const options = { schema: 'failsafe', maxAliasCount: 100, uniqueKeys: false } as const;
    // Collections that are keys would be written as text, at a cost that grows with the cube of their depth.
    return withoutMaps(parse(document, { ...options, mapAsMap: true, logLevel: 'error' }));
  } catch {
    return undefined;
  }
}

/** Maps as objects; entries whose key is no text are left out. An alias stays one object. */
function withoutMaps(value: unknown, seen = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    seen.set(value, list);
    for (const item of value) list.push(withoutMaps(item, seen));
    return list;
  }
  const object: Record<string, unknown> = Object.create(null);
  seen.set(value, object);
  if (value instanceof Map) {
    for (const [k, v] of value) if (typeof k === 'string') object[k] = withoutMaps(v, seen);
  }
  return object;
}

/** libyaml lets a quoted scalar end at the first column, as Fedora's modules do; by the specification it may not. */
const indentLoneQuotes = (yaml: string): string => yaml.replace(/^['"]$/gm, `${' '.repeat(80)}$&`);
