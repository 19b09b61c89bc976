import { checksumOf } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml, text, type XmlNode } from '../base/xml.ts';
import type { Evr } from './evr.ts';
import { attributeIn, isSimple, plain } from './scan.ts';

/** What a `<package>` of primary has to do with others. */
export interface PackageDependencies extends Evr {
  name: string;
  arch: string;
  /** The digest of the rpm file, by which filelists names the package. */
  pkgid: string;
  provides: Dependency[];
  /** Those of installation scripts among them. */
  requires: Dependency[];
  conflicts: Dependency[];
  obsoletes: Dependency[];
  /** Wanted where nothing stands against it: what it recommends, what it is recommended for, and what is merely suggested. */
  recommends: Dependency[];
  supplements: Dependency[];
  suggests: Dependency[];
  /** The files that primary lists: a part of all. */
  files: string[];
}

/** One that is written the same is the same object as long as the reader that gave it is used. */
export interface Dependency {
  /** A capability, a file's path, or a boolean dependency, which starts with a parenthesis. */
  name: string;
  range: Range | undefined;
}

/** Versions: bits of `compares`, and where they start. Comparing as nothing fits nothing. */
export interface Range extends Evr {
  flags: number;
}

export const compares = { greater: 1, equal: 2, less: 4 } as const;

const flagsByName: Record<string, number> = { GT: 1, EQ: 2, GE: 3, LT: 4, NE: 5, LE: 6 };
/** What a package says of others, by the elements of its format. */
export const dependencySections = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'recommends',
  'supplements',
  'suggests',
] as const;
export type DependencySection = (typeof dependencySections)[number];
const isSection = (name: string): name is DependencySection =>
  dependencySections.includes(name as DependencySection);

/** How many different dependencies are remembered. */
const mostKnown = 1_000_000;

const head =
  /^<package type="rpm">\s*<name>([^<]+)<\/name>\s*<arch>([^<]+)<\/arch>\s*<version epoch="([^"<]*)" ver="([^"<]+)" rel="([^"<]*)"\s*\/>\s*<checksum type="([^"<]*)" pkgid="YES">([^<]*)<\/checksum>/;
/** Elements of text alone, up to the format. */
const between = /(?:\s*<(?!format\b)([a-z]+)(?: [^<>]*)?(?:\/>|(?<!\/)>[^<]*<\/\1>))*\s*<format>/y;
const opening =
  /\s*<(?:rpm:(license|vendor|group|buildhost|sourcerpm|header-range)(?: [^<>]*)?(?:\/>|(?<!\/)>[^<]*<\/rpm:\1>)|rpm:([a-z]+)>|file(?: type="(?:dir|ghost)")?>([^<]*)<\/file>)/y;
const entry = /\s*<rpm:entry((?: (?:name|flags|epoch|ver|rel|pre)="[^"<]*")+)\s*\/>/y;
const closing = /^\s*<\/format>\s*<\/package\s*>$/;

/**
 * Gives a reader of `<package>` elements. It throws AppError 'invalid' where the element has no name, architecture, version
 * or checksum, or is not XML. Source: createrepo_c's `xml_dump_primary.c`, libsolv's `repo_rpmmd.c`.
 */
export function createDependencyReader(): (bytes: Buffer) => PackageDependencies {
  const known = new Map<string, Dependency>();
  return (bytes) => fastDependencies(bytes, known) ?? slowDependencies(bytes);
}

/** The quick way; undefined where it does not know the form. */
export function fastDependencies(
  bytes: Buffer,
  known = new Map<string, Dependency>(),
): PackageDependencies | undefined {
  const xml = bytes.toString('latin1');
  const h = isSimple(xml) ? head.exec(xml) : null;
  if (!h) return undefined;
  between.lastIndex = h[0].length;
  if (!between.test(xml)) return undefined;
  const [name, arch, epoch, version, release, type, sum] = own(h.slice(1).join('<')).split('<');
  const checksum = checksumOf(type!, sum ?? '');
  const found = {
    name: plain(name!).trim(),
    arch: plain(arch!).trim(),
    epoch: plain(epoch!) || '0',
    version: plain(version!),
    release: plain(release!),
    pkgid: checksum?.value ?? '',
    ...nothing(),
  };
  if (!found.name || !found.arch || !found.version || !checksum) return undefined;
  const seen = new Set<string>();
  for (let at = between.lastIndex; ; ) {
    opening.lastIndex = at;
    const match = opening.exec(xml);
    if (!match) return closing.test(xml.slice(at)) ? found : undefined;
    at = opening.lastIndex;
    const [, , section, file] = match;
    if (file !== undefined) found.files.push(plain(own(file)));
    if (section === undefined) continue;
    const end = `</rpm:${section}>`;
    const list = isSection(section) ? found[section] : undefined;
    if (seen.has(section)) return undefined;
    seen.add(section);
    for (; ; at = entry.lastIndex) {
      entry.lastIndex = at;
      const one = entry.exec(xml);
      if (!one) break;
      const dependency = list && fastEntry(one[1]!, known);
      if (dependency) list.push(dependency);
    }
    const close = xml.indexOf(end, at);
    if (close < 0 || xml.slice(at, close).trim() !== '') return undefined;
    at = close + end.length;
  }
}

function fastEntry(attributes: string, known: Map<string, Dependency>): Dependency | undefined {
  const before = known.get(attributes);
  if (before) return before;
  const kept = own(attributes);
  const dependency = dependencyOf((name) => attributeIn(kept, name));
  if (dependency && known.size < mostKnown) known.set(kept, dependency);
  return dependency;
}

/** A piece of a long string without the rest of it, which the engine would keep. */
const own = (piece: string): string => Buffer.from(piece, 'latin1').toString('latin1');

/** The way that reads any XML. Throws as the above. */
export function slowDependencies(bytes: Buffer): PackageDependencies {
  const node = child(parseXml(bytes.toString('utf8'), 'a package'), 'package');
  const version = children(node, 'version')[0];
  const sums = children(node, 'checksum');
  const sum = sums.find((s) => attribute(s, 'pkgid')?.toUpperCase() === 'YES') ?? sums[0];
  const checksum = checksumOf(attribute(sum, 'type') ?? '', (sum?.['#text'] as string) ?? '');
  const found = {
    name: text(node, 'name')?.trim() ?? '',
    arch: text(node, 'arch')?.trim() ?? '',
    epoch: attribute(version, 'epoch') || '0',
    version: attribute(version, 'ver') ?? '',
    release: attribute(version, 'rel') ?? '',
    pkgid: checksum?.value ?? '',
    ...nothing(),
  };
  if (!found.name || !found.arch || !found.version || !checksum) {
    throw new AppError('invalid', 'a package has no name, architecture, version or checksum');
  }
  const format: XmlNode | undefined = children(node, 'format')[0];
  for (const section of dependencySections) {
    for (const one of children(format, section).flatMap((s) => children(s, 'entry'))) {
      const dependency = dependencyOf((name) => attribute(one, name));
      if (dependency) found[section].push(dependency);
    }
  }
  for (const file of children(format, 'file')) found.files.push((file['#text'] as string) ?? '');
  return found;
}

const nothing = (): Pick<PackageDependencies, DependencySection | 'files'> => ({
  provides: [],
  requires: [],
  conflicts: [],
  obsoletes: [],
  recommends: [],
  supplements: [],
  suggests: [],
  files: [],
});

function dependencyOf(of: (attribute: string) => string | undefined): Dependency | undefined {
  const name = of('name');
  if (!name) return undefined;
  const flags = of('flags');
  if (flags === undefined) return { name, range: undefined };
  const evr = { epoch: of('epoch') || '0', version: of('ver') ?? '', release: of('rel') ?? '' };
  return { name, range: { flags: flagsByName[flags] ?? 0, ...evr } };
}

const operators = ['?', '>', '=', '>=', '<', '<>', '<='];

/** As rpm writes it: `name >= epoch:version-release`, without an epoch of 0. */
export function shownDependency({ name, range }: Dependency): string {
  return range ? `${name} ${operators[range.flags]} ${shownEvr(range)}` : name;
}

export function shownEvr({ epoch, version, release }: Evr): string {
  return `${epoch === '0' ? '' : `${epoch}:`}${version}${release === '' ? '' : `-${release}`}`;
}
