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

/** The quick way; undefined where it does not know the form. */
export function fastAdvisory(bytes: Buffer): Advisory | undefined {
  const xml = bytes.toString('latin1');
  if (!isSimple(xml)) return undefined;
  /** Texts and dates of the update's own children, the first of each name. */
  const fields = new Map<string, string>();
  const references: Advisory['references'] = [];
  const packages: AdvisoryPackage[] = [];
  let type: string | undefined;
  const open: string[] = [];
  /** Where the text of a child of the update begins; undefined once that has elements inside. */
  let textFrom: number | undefined;
  for (const { 0: tag, 1: closed, 2: opened, 3: empty, index } of xml.matchAll(anyTag)) {
    if (closed) {
      if (open.pop() !== closed) return undefined;
      if (open.length !== 1 || !textFields.has(closed) || fields.has(closed)) continue;
      if (textFrom === undefined) return undefined;
      fields.set(closed, plain(xml.slice(textFrom, index)));
      continue;
    }
    if (!opened) return undefined;
    const path = open.join('/');
    if (path === '') {
      if (opened !== 'update' || type !== undefined) return undefined;
      type = attributeIn(tag, 'type') ?? '';
    } else if (path === 'update') {
      if (dateFields.has(opened) && !fields.has(opened)) {
        fields.set(opened, attributeIn(tag, 'date') ?? '');
      }
      if (empty && textFields.has(opened) && !fields.has(opened)) fields.set(opened, '');
    } else if (path === 'update/references' && opened === 'reference') {
      references.push(readReference((name) => attributeIn(tag, name)));
    } else if (path === 'update/pkglist/collection' && opened === 'package') {
      packages.push(readPackage((name) => attributeIn(tag, name)));
    }
    textFrom = open.length === 1 ? index + tag.length : undefined;
    if (!empty) open.push(opened);
  }
  const field = (name: string) => fields.get(name) ?? '';
  const id = field('id').trim();
  if (open.length > 0 || type === undefined || !id) return undefined;
  return {
    id,
    type,
    title: field('title'),
    severity: field('severity'),
    issued: field('issued'),
    updated: field('updated'),
    references,
    packages,
  };
}

const textFields: ReadonlySet<string> = new Set(['id', 'title', 'severity']);
const dateFields: ReadonlySet<string> = new Set(['issued', 'updated']);

type Attributes = (name: string) => string | undefined;

const readReference = (of: Attributes): Advisory['references'][number] => ({
  id: of('id') ?? '',
  type: of('type') ?? '',
  href: of('href') ?? '',
  title: of('title') ?? '',
});

const readPackage = (of: Attributes): AdvisoryPackage => ({
  name: of('name') ?? '',
  arch: of('arch') ?? '',
  epoch: of('epoch') || '0',
  version: of('version') ?? '',
  release: of('release') ?? '',
});

/** A tag as `attributeIn` reads it: no prefix, attributes in double quotes, spaces between them; or a `<` of none. */
const anyTag = /<(?:\/([^\s<>/"'=:]+)\s*|([^\s<>/"'=:]+)(?: +[^\s<>/"'=:]+="[^"<]*")* *(\/?))>|</g;

/** The way that reads any XML. Throws as the above. */
export function slowAdvisory(bytes: Buffer): Advisory {
  const node = child(parseXml(bytes.toString('utf8'), 'an advisory'), 'update');
  const id = text(node, 'id')?.trim();
  if (!id) throw new AppError('invalid', 'an advisory has no id');
  const below = (parent: XmlNode | undefined, name: string) => children(parent, name)[0];
  const collections = children(node, 'pkglist').flatMap((l) => children(l, 'collection'));
  const packages = collections.flatMap((collection) =>
    children(collection, 'package').map((p) => readPackage((name) => attribute(p, name))),
  );
  const references = children(node, 'references').flatMap((l) => children(l, 'reference'));
  return {
    id,
    type: attribute(node, 'type') ?? '',
    title: text(node, 'title') ?? '',
    severity: text(node, 'severity') ?? '',
    issued: attribute(below(node, 'issued'), 'date') ?? '',
    updated: attribute(below(node, 'updated'), 'date') ?? '',
    references: references.map((r) => readReference((name) => attribute(r, name))),
    packages,
  };
}
