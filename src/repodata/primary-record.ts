import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml, type XmlNode } from '../base/xml.ts';
import { attributeIn, isSimple, plain, wholeNumber } from './scan.ts';

/** All that primary says of a package, as SQLite databases for yum list it. Undefined is what it does not say. */
export interface PrimaryRecord {
  texts: Partial<Record<TextField, string>>;
  /** Of the rpm file: the pkgid. */
  checksum: { type: string | undefined; value: string };
  version: { epoch: string | undefined; version: string | undefined; release: string | undefined };
  /** Seconds since 1970, bytes, and offsets in the rpm; 0 where it does not say. */
  numbers: Record<NumberField, number>;
  location: { href: string | undefined; base: string | undefined };
  files: { path: string; type: string }[];
  dependencies: Record<DependencyKind, Dependency[]>;
}

export interface Dependency {
  name: string | undefined;
  flags: string | undefined;
  epoch: string | undefined;
  version: string | undefined;
  release: string | undefined;
  /** 1 where it is needed before the package's own scripts run, else 0. */
  pre: 0 | 1;
}

const dependencyKinds = [
  'requires',
  'provides',
  'conflicts',
  'obsoletes',
  'suggests',
  'enhances',
  'recommends',
  'supplements',
] as const;
export type DependencyKind = (typeof dependencyKinds)[number];

const packageTexts = ['name', 'arch', 'summary', 'description', 'packager', 'url'] as const;
const formatTexts = ['license', 'vendor', 'group', 'buildhost', 'sourcerpm'] as const;
export type TextField = (typeof packageTexts)[number] | (typeof formatTexts)[number];

/** Numbers, with the element and the attribute that hold them. */
const numberFields = {
  fileTime: ['time', 'file'],
  buildTime: ['time', 'build'],
  packageSize: ['size', 'package'],
  installedSize: ['size', 'installed'],
  archiveSize: ['size', 'archive'],
  headerStart: ['header-range', 'start'],
  headerEnd: ['header-range', 'end'],
} as const;
type NumberField = keyof typeof numberFields;

/**
 * Reads the whole `<package>` element of primary.xml. Throws AppError 'invalid' where it has no name or pkgid, or is not
 * XML. Source: createrepo_c's `xml_dump_primary.c`.
 */
export function readPrimaryRecord(bytes: Buffer): PrimaryRecord {
  const record = fastPrimaryRecord(bytes) ?? slowPrimaryRecord(bytes);
  if (!record.texts.name || !record.checksum.value)
    throw new AppError('invalid', 'a package has no name or no checksum');
  return record;
}

const tag = /<(\/?)(?:[\w.-]+:)?([\w.-]+)((?: (?:xml:base|[\w.-]+)="[^"<]*")*)\s*(\/?)>([^<]*)/y;
const isDependency: ReadonlySet<string> = new Set(dependencyKinds);
/** Elements that are read for their text, and for their attributes, by what they stand in. */
const texts: Record<string, ReadonlySet<string>> = {
  package: new Set([...packageTexts, 'checksum']),
  format: new Set([...formatTexts, 'file']),
};
const attributed: Record<string, ReadonlySet<string>> = {
  package: new Set(['version', 'time', 'size', 'location']),
  format: new Set(['header-range']),
};

/** The quick way, over the tags one after the other; undefined where it does not know the form. */
export function fastPrimaryRecord(bytes: Buffer): PrimaryRecord | undefined {
  const xml = bytes.toString('latin1').trim();
  if (!isSimple(xml)) return undefined;
  const elements = new Map<string, string>();
  const record = empty();
  const open: string[] = [];
  let formats = 0;
  for (let at = 0; at < xml.length; at = tag.lastIndex) {
    tag.lastIndex = at;
    const match = tag.exec(xml);
    if (!match) return undefined;
    const [, closes, name, attributes, isEmpty, content] = match as unknown as string[];
    if (closes) {
      if (open.pop() !== name || attributes) return undefined;
      continue;
    }
    const parent = open.at(-1) ?? '';
    // Text and elements beside each other are for the other way.
    if (texts[open.at(-2) ?? '']?.has(parent) && isKnown(open.slice(0, -1))) return undefined;
    if (open.length === 0 && (at > 0 || name !== 'package')) return undefined;
    if (isKnown(open)) {
      if (name === 'format' && open.length === 1 && ++formats > 1) return undefined;
      if (texts[parent]?.has(name!)) {
        takeText(record, name!, { attributes: attributes!, content: isEmpty ? '' : content! });
      } else if (attributed[parent]?.has(name!)) {
        if (!elements.has(name!)) elements.set(name!, attributes!);
      } else if (name === 'entry' && open.length === 3) {
        const entry = dependencyOf((a) => attributeIn(attributes!, a));
        record.dependencies[parent as DependencyKind].push(entry);
      }
    }
    if (!isEmpty) open.push(name!);
  }
  if (open.length > 0) return undefined;
  fill(record, (element, name, prefix = '') => {
    const attributes = elements.get(element);
    return attributes ? attributeIn(attributes, prefix + name) : undefined;
  });
  return record;
}

/** Whether what stands in these elements counts: in the package, its format, and the lists of that. */
function isKnown(open: string[]): boolean {
  if (open.length <= 1) return true;
  return (
    open[1] === 'format' && (open.length === 2 || (open.length === 3 && isDependency.has(open[2]!)))
  );
}

function takeText(
  record: PrimaryRecord,
  name: string,
  { attributes, content }: { attributes: string; content: string },
): void {
  const text = plain(content);
  if (name === 'file') {
    record.files.push({ path: text, type: attributeIn(attributes, 'type') ?? 'file' });
  } else if (name !== 'checksum') record.texts[name as TextField] ??= text;
  else if (record.checksum === noChecksum) {
    record.checksum = { type: attributeIn(attributes, 'type'), value: text.trim() };
  }
}

/** The way that reads any XML. Throws AppError 'invalid'. */
export function slowPrimaryRecord(bytes: Buffer): PrimaryRecord {
  const node = child(parseXml(bytes.toString('utf8'), 'a package'), 'package');
  const format = children(node, 'format')[0];
  const record = empty();
  const take = (from: XmlNode | undefined, fields: readonly TextField[]) => {
    for (const field of fields) {
      const [found] = children(from, field);
      if (found) record.texts[field] = (found['#text'] as string) ?? '';
    }
  };
  take(node, packageTexts);
  take(format, formatTexts);
  const [sum] = children(node, 'checksum');
  if (sum) {
    const value = ((sum['#text'] as string) ?? '').trim();
    record.checksum = { type: attribute(sum, 'type'), value };
  }
  for (const kind of dependencyKinds) {
    for (const list of children(format, kind))
      for (const entry of children(list, 'entry'))
        record.dependencies[kind].push(dependencyOf((name) => attribute(entry, name)));
  }
  for (const file of children(format, 'file')) {
    const path = (file['#text'] as string) ?? '';
    record.files.push({ path, type: attribute(file, 'type') ?? 'file' });
  }
  fill(record, (element, name) => {
    const from = attributed.format!.has(element) ? format : node;
    return attribute(children(from, element)[0], name);
  });
  return record;
}

const noChecksum: PrimaryRecord['checksum'] = { type: undefined, value: '' };

function empty(): PrimaryRecord {
  const lists = dependencyKinds.map((kind) => [kind, []]);
  return {
    texts: {},
    checksum: noChecksum,
    version: { epoch: undefined, version: undefined, release: undefined },
    numbers: {} as PrimaryRecord['numbers'],
    location: { href: undefined, base: undefined },
    files: [],
    dependencies: Object.fromEntries(lists) as PrimaryRecord['dependencies'],
  };
}

function dependencyOf(get: (name: string) => string | undefined): Dependency {
  return {
    name: get('name'),
    flags: get('flags'),
    epoch: get('epoch'),
    version: get('ver'),
    release: get('rel'),
    pre: /^(1|true)$/i.test(get('pre') ?? '') ? 1 : 0,
  };
}

function fill(
  record: PrimaryRecord,
  get: (element: string, name: string, prefix?: string) => string | undefined,
): void {
  record.version = {
    epoch: get('version', 'epoch'),
    version: get('version', 'ver'),
    release: get('version', 'rel'),
  };
  record.location = { href: get('location', 'href'), base: get('location', 'base', 'xml:') };
  for (const [field, [element, name]] of Object.entries(numberFields))
    record.numbers[field as NumberField] = wholeNumber(get(element, name));
}
