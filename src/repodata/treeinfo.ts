import { posix } from 'node:path';
import { type Checksum, checksumOf } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { staysInside } from './repomd.ts';

/** What a `.treeinfo` lists: the files of an installation tree besides its repository. */
export interface Treeinfo {
  files: { path: string; checksum: Checksum | undefined }[];
  /** Paths that lead out of the tree, or are none, and checksums that cannot be read. */
  setAside: string[];
  /** Variants with a repository of their own below the tree. */
  variants: { id: string; repository: string }[];
}

const mostLines = 20_000;
const mostFiles = 1000;
const longestPath = 1000;

/**
 * Reads a `.treeinfo`: INI as Python's ConfigParser reads it. Files are the keys of `[checksums]`, and the values of
 * `[images-<platform>]` and of `[stage2]`. What belongs to a repository (`repodata/`) is left out: that comes with its
 * repomd.xml. Throws AppError 'invalid' where it is no such file, 'limit' where it lists too much. Source: productmd's
 * documentation of treeinfo 1.x; its older form has the same sections.
 */
export function readTreeinfo(text: string): Treeinfo {
  const sections = readIni(text);
  if (!sections.has('general') && !sections.has('header') && !sections.has('tree')) {
    throw new AppError('invalid', 'it has no section [general], [header] or [tree]');
  }
  const result: Treeinfo = { files: [], setAside: [], variants: [] };
  const seen = new Map<string, Treeinfo['files'][number]>();
  const add = (written: string, checksum: Checksum | undefined) => {
    const path = posix.normalize(written);
    if (written === '' || /(^|\/)repodata(\/|$)/.test(path) || ownNames.has(path)) return;
    if (!staysInside(written) || /(^\.|\/)$/.test(path) || path.length > longestPath) {
      result.setAside.push(`the path ${written.slice(0, 100)}`);
      return;
    }
    if (seen.has(path)) return;
    if (seen.size >= mostFiles) {
      throw new AppError('limit', `it lists more than ${mostFiles} files`);
    }
    const file = { path, checksum };
    seen.set(path, file);
    result.files.push(file);
  };
  for (const [path, value] of sections.get('checksums') ?? []) {
    const [type, sum] = value.split(':');
    const checksum = checksumOf(type ?? '', sum ?? '');
    if (checksum) add(path, checksum);
    else result.setAside.push(`the checksum of ${path.slice(0, 100)}`);
  }
  for (const [name, entries] of sections) {
    if (!/^images-./.test(name) && name !== 'stage2') continue;
    for (const path of entries.values()) add(path, undefined);
  }
  for (const [name, entries] of sections) {
    const [, id] = /^variant-(.+)$/.exec(name) ?? [];
    const repository = posix.normalize(entries.get('repository') ?? '.').replace(/\/$/, '');
    const isOwn = id && repository !== '.' && staysInside(repository);
    if (isOwn) result.variants.push({ id, repository });
  }
  return result;
}

const ownNames: ReadonlySet<string> = new Set(['.treeinfo', 'treeinfo']);

/** Sections, and their values by key; the last of two with the same name counts. */
function readIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  const lines = text.split(/\r?\n/);
  if (lines.length > mostLines) {
    throw new AppError('limit', `it has more than ${mostLines} lines`);
  }
  for (const line of lines) {
    // Comments, and values that go on, of which a file list has none.
    if (/^\s|^[#;]|^$/.test(line)) continue;
    const [, name] = /^\[([^\]]+)\]/.exec(line) ?? [];
    if (name !== undefined) {
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      continue;
    }
    const at = line.includes('=') ? line.indexOf('=') : line.indexOf(':');
    if (!section || at <= 0) throw new AppError('invalid', 'it is no INI file');
    section.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return sections;
}
