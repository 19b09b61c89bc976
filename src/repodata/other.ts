import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml } from '../base/xml.ts';
import { isSimple, plain, wholeNumber } from './scan.ts';

/** The changelog of one package, as other.xml has it; dates in seconds since 1970. */
export interface PackageChanges {
  pkgid: string;
  changes: { author: string; date: number; text: string }[];
}

const head =
  /^<package pkgid="([0-9A-Za-z]+)" name="[^"<]*" arch="[^"<]*">\s*<version(?: (?:epoch|ver|rel)="[^"<]*")*\s*\/>/;
const change = /\s*<changelog author="([^"<]*)" date="([^"<]*)">([^<]*)<\/changelog>/y;

/**
 * Reads a `<package>` element of other.xml. Throws AppError 'invalid' where it has no pkgid or is not XML.
 * Source: createrepo_c's `xml_dump_other.c`.
 */
export function readOther(bytes: Buffer): PackageChanges {
  return fastOther(bytes) ?? slowOther(bytes);
}

/** The quick way; undefined where it does not know the form. */
export function fastOther(bytes: Buffer): PackageChanges | undefined {
  const xml = bytes.toString('latin1');
  const start = isSimple(xml) ? head.exec(xml) : null;
  if (!start) return undefined;
  const changes: PackageChanges['changes'] = [];
  let at = start[0].length;
  for (;;) {
    change.lastIndex = at;
    const match = change.exec(xml);
    if (!match) break;
    changes.push({
      author: plain(match[1]!),
      date: wholeNumber(match[2]),
      text: plain(match[3]!),
    });
    at = change.lastIndex;
  }
  return /^\s*<\/package\s*>$/.test(xml.slice(at)) ? { pkgid: start[1]!, changes } : undefined;
}

/** The way that reads any XML. Throws as the above. */
export function slowOther(bytes: Buffer): PackageChanges {
  const node = child(parseXml(bytes.toString('utf8'), 'a package of other'), 'package');
  const pkgid = attribute(node, 'pkgid');
  if (!pkgid) throw new AppError('invalid', 'a package of other has no pkgid');
  return {
    pkgid,
    changes: children(node, 'changelog').map((c) => ({
      author: attribute(c, 'author') ?? '',
      date: wholeNumber(attribute(c, 'date')),
      text: (c['#text'] as string) ?? '',
    })),
  };
}
