import { parse } from 'yaml';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';

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

/** Cuts a modules.yaml into its YAML documents, which are separated by `---` lines. */
export function cutModules(yaml: string): string[] {
  return yaml
    .split(/^---(?=\s)/m)
    .map((part) => part.replace(/^(?:\.\.\.\s*|%YAML .*)$/gm, ''))
    .filter((part) => part.replace(/^\s*#.*$/gm, '').trim() !== '');
}

/**
 * Reads one document of a modules.yaml. Gives undefined for the other kinds (defaults, obsoletes, translations).
 * Every scalar is text, so that a stream `2.10` stays one and 64-bit numbers keep their digits. Throws AppError
 * 'invalid' where it is not YAML or not a module. Source: libmodulemd's `modulemd-v2` document.
 */
export function readModule(document: string): ModuleStream | undefined {
  const value = parseFailsafe(document) ?? parseFailsafe(indentLoneQuotes(document));
  if (value === undefined)
    throw new AppError('invalid', 'a module document is not YAML that can be read');
  const kind = (value as { document?: unknown } | null)?.document;
  if (typeof kind !== 'string') throw new AppError('invalid', 'a module document names no kind');
  if (kind !== 'modulemd') return undefined;
  const checked = streamDocument.safeParse(value);
  if (!checked.success) {
    throw new AppError('invalid', 'a modulemd document has no name or stream', {
      cause: checked.error,
    });
  }
  const { data } = checked.data;
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

function parseFailsafe(document: string): unknown {
  try {
    return parse(document, { schema: 'failsafe', maxAliasCount: 100, uniqueKeys: false });
  } catch {
    return undefined;
  }
}

/** libyaml lets a quoted scalar end at the first column, as Fedora's modules do; by the specification it may not. */
const indentLoneQuotes = (yaml: string): string => yaml.replace(/^['"]$/gm, `${' '.repeat(80)}$&`);
