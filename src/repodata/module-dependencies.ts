import { z } from 'zod';
import { limits } from '../base/limits.ts';
import { parseFailsafe } from './modules.ts';

/** Streams of other modules that a stream needs at run time, by module: none named is any, `-a` is any but a. */
export type ModuleRequires = Record<string, string[]>;

const streams = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
const requires = z.object({ requires: z.record(z.string(), streams).catch({}) }).catch({
  requires: {},
});
const dependencies = z.union([z.array(requires), requires.transform((one) => [one])]).catch([]);
const withDependencies = z.object({ data: z.object({ dependencies }) });
/**
 * What a `modulemd` document requires: one of these must be met, all of it. Reads the lines about it alone where the document
 * is laid out as libmodulemd does. None where it says nothing that can be read.
 */
export function readModuleRequires(document: string): ModuleRequires[] {
  if (document.length > limits.moduleDocument) return [];
  const lines = [...document.matchAll(/^ {2}dependencies:[^\S\n]*\n((?: {2}[ -].*\n| *\n)*)/gm)];
  const quick = /^data:\s*$/m.test(document) && lines.length === 1;
  if (!quick && !document.includes('dependencies')) return [];
  const value = parseFailsafe(quick ? `data:\n${lines[0]![0]}` : document);
  const read = withDependencies.safeParse(value);
  return read.success ? read.data.data.dependencies.map((d) => d.requires) : [];
}

/** Whether one of those streams will do. */
export function takesStream(wanted: readonly string[], stream: string): boolean {
  if (wanted.includes(`-${stream}`)) return false;
  const named = wanted.filter((w) => !w.startsWith('-'));
  return named.length === 0 || named.includes(stream);
}
