import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml } from '../base/xml.ts';
import { isSimple, plain } from './scan.ts';

/** The files of one package, as filelists.xml lists them. */
export interface PackageFiles {
  pkgid: string;
  files: { path: string; type: 'file' | 'dir' | 'ghost' }[];
}

const head =
  /^<package pkgid="([0-9A-Za-z]+)" name="[^"<]*" arch="[^"<]*">\s*<version(?: (?:epoch|ver|rel)="[^"<]*")*\s*\/>/;
const file = /\s*<file(?: type="(dir|ghost)")?>([^<]*)<\/file>/y;

/**
 * Reads a `<package>` element of filelists.xml. Throws AppError 'invalid' where it has no pkgid or is not XML.
 * Source: createrepo_c's `xml_dump_filelists.c`.
 */
export function readFilelists(bytes: Buffer): PackageFiles {
  return fastFilelists(bytes) ?? slowFilelists(bytes);
}

/** The quick way; undefined where it does not know the form. */
export function fastFilelists(bytes: Buffer): PackageFiles | undefined {
  const xml = bytes.toString('latin1');
  const start = isSimple(xml) ? head.exec(xml) : null;
  if (!start) return undefined;
  const files: PackageFiles['files'] = [];
  let at = start[0].length;
  for (;;) {
    file.lastIndex = at;
    const match = file.exec(xml);
    if (!match) break;
    files.push({ path: plain(match[2]!), type: (match[1] as 'dir' | 'ghost') ?? 'file' });
    at = file.lastIndex;
  }
  return /^\s*<\/package\s*>$/.test(xml.slice(at)) ? { pkgid: start[1]!, files } : undefined;
}

/** The way that reads any XML. Throws as the above. */
export function slowFilelists(bytes: Buffer): PackageFiles {
  const node = child(parseXml(bytes.toString('utf8'), 'a package of filelists'), 'package');
  const pkgid = attribute(node, 'pkgid');
  if (!pkgid) throw new AppError('invalid', 'a package of filelists has no pkgid');
  return {
    pkgid,
    files: children(node, 'file').map((f) => {
      const type = attribute(f, 'type');
      const path = (f['#text'] as string) ?? '';
      return { path, type: type === 'dir' || type === 'ghost' ? type : 'file' };
    }),
  };
}
