import { z } from 'zod';
import { limits } from '../base/limits.ts';
import { parseDocument } from './modules.ts';

/** What a `modulemd` document says to people, and what its profiles are. */
export interface ModuleTexts {
  description: string;
  profiles: { name: string; description: string; packages: string[] }[];
}

/** What is taken where nobody chose: the stream of a module, and profiles of its streams. */
export interface ModuleDefaults {
  module: string;
  stream: string | undefined;
  profiles: Record<string, string[]>;
}

const text = z.string().catch('');
const list = z.array(z.string()).catch([]);
const streamDocument = z.object({
  data: z.object({
    summary: text,
    description: text,
    profiles: z.record(z.string(), z.object({ description: text, rpms: list })).catch({}),
  }),
});
const defaultsDocument = z.object({
  document: z.literal('modulemd-defaults'),
  data: z.object({
    module: z.string(),
    stream: z.string().optional().catch(undefined),
    profiles: z.record(z.string(), list).catch({}),
  }),
});

/** Reads a stream's document; empty where there is nothing to be read. Source: libmodulemd's `modulemd-v2` document. */
export function readModuleTexts(document: string): ModuleTexts {
  const read = streamDocument.safeParse(parsed(document));
  if (!read.success) return { description: '', profiles: [] };
  const { summary, description, profiles } = read.data.data;
  return {
    description: description.trim() || summary.trim(),
    profiles: Object.entries(profiles).map(([name, p]) => ({
      name,
      description: p.description.trim(),
      packages: p.rpms,
    })),
  };
}

/** Reads a document of defaults; undefined where it is none. Source: libmodulemd's `modulemd-defaults-v1`. */
export function readModuleDefaults(document: string): ModuleDefaults | undefined {
  // Most documents are long, and take long to read.
  if (!document.includes('modulemd-defaults')) return undefined;
  const read = defaultsDocument.safeParse(parsed(document));
  return read.success ? (read.data.data as ModuleDefaults) : undefined;
}

const parsed = (document: string): unknown =>
  document.length > limits.moduleDocument ? undefined : parseDocument(document);
