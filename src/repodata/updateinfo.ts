import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml, text, type XmlNode } from '../base/xml.ts';
import type { Evr } from './evr.ts';
import { attributeIn, isSimple, plain } from './scan.ts';

/** An `<update>` of updateinfo.xml. Dates as they stand, mostly `YYYY-MM-DD` or `YYYY-MM-DD hh:mm:ss`. */
export interface Advisory {
  id: string;
  /** security, bugfix, enhancement, newpackage …, as the vendor says. */
  type: string;
  title: string;
  severity: string;
  issued: string;
  updated: string;
  references: { id: string; type: string; href: string; title: string }[];
  packages: AdvisoryPackage[];
}

export interface AdvisoryPackage extends Evr {
  name: string;
  arch: string;
}

/**
 * Reads an `<update>` element. Throws AppError 'invalid' where it has no id or is not XML.
 * Source: createrepo_c's `xml_dump_updateinfo.c` and `xml_parser_updateinfo.c`.
 */
export function readAdvisory(bytes: Buffer): Advisory {
  return fastAdvisory(bytes) ?? slowAdvisory(bytes);
}

function fastAdvisory(bytes: Buffer): Advisory | undefined {
  const xml = bytes.toString('latin1');
  // Before its pkglist an update has no <package>, and only there and in `references` attributes that matter.
  if (!isSimple(xml) || !isWellFormed(xml)) return undefined;
  const id = plain(/<id>([^<]+)<\/id>/.exec(xml)?.[1] ?? '').trim();
  if (!id) return undefined;
  const field = (name: string) => {
    const match = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
    return match ? plain(match[1]!) : '';
  };
  const date = (name: string) => {
    const [tag = ''] = tagsOf(xml, name);
    return attributeIn(tag, 'date') ?? '';
  };
  const references = tagsOf(xml, 'reference').map((tag) => ({
    id: attributeIn(tag, 'id') ?? '',
    type: attributeIn(tag, 'type') ?? '',
    href: attributeIn(tag, 'href') ?? '',
    title: attributeIn(tag, 'title') ?? '',
  }));
  const packages = tagsOf(xml, 'package').map((tag) => ({
    name: attributeIn(tag, 'name') ?? '',
    arch: attributeIn(tag, 'arch') ?? '',
    epoch: attributeIn(tag, 'epoch') || '0',
    version: attributeIn(tag, 'version') ?? '',
    release: attributeIn(tag, 'release') ?? '',
  }));
  return {
    id,
    type: attributeIn(tagsOf(xml, 'update')[0] ?? '', 'type') ?? '',
    title: field('title'),
    severity: field('severity'),
    issued: date('issued'),
    updated: date('updated'),
    references,
    packages,
  };
}

/** The start tags of that name, as they stand. Only for what `isWellFormed` allows. */
function tagsOf(xml: string, name: string): string[] {
  return xml.match(new RegExp(`<${name}(?=[ />])(?:[^>"]|"[^"]*")*>`, 'g')) ?? [];
}

const anyTag = /<(?:\/([^\s<>/"'=:]+)\s*|([^\s<>/"'=:]+)(?: +[^\s<>/"'=]+="[^"<]*")* *(\/?))>|</g;

/**
 * Whether every element is closed in turn, and every tag is written as `attributeIn` reads it: no prefix, attributes
 * in double quotes, spaces between them. Only for simple XML.
 */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, closed, opened, empty] of xml.matchAll(anyTag)) {
    if (closed) {
      if (open.pop() !== closed) return false;
    } else if (!opened) return false;
    else if (!empty) open.push(opened);
  }
  return open.length === 0;
}

function slowAdvisory(bytes: Buffer): Advisory {
  const node = child(parseXml(bytes.toString('utf8'), 'an advisory'), 'update');
  const id = text(node, 'id')?.trim();
  if (!id) throw new AppError('invalid', 'an advisory has no id');
  const below = (parent: XmlNode | undefined, name: string) => children(parent, name)[0];
  const collections = children(node, 'pkglist').flatMap((l) => children(l, 'collection'));
  const packages = collections.flatMap((collection) =>
    children(collection, 'package').map((p) => ({
      name: attribute(p, 'name') ?? '',
      arch: attribute(p, 'arch') ?? '',
      epoch: attribute(p, 'epoch') || '0',
      version: attribute(p, 'version') ?? '',
      release: attribute(p, 'release') ?? '',
    })),
  );
  const references = children(node, 'references').flatMap((l) => children(l, 'reference'));
  return {
    id,
    type: attribute(node, 'type') ?? '',
    title: text(node, 'title') ?? '',
    severity: text(node, 'severity') ?? '',
    issued: attribute(below(node, 'issued'), 'date') ?? '',
    updated: attribute(below(node, 'updated'), 'date') ?? '',
    references: references.map((r) => ({
      id: attribute(r, 'id') ?? '',
      type: attribute(r, 'type') ?? '',
      href: attribute(r, 'href') ?? '',
      title: attribute(r, 'title') ?? '',
    })),
    packages,
  };
}
