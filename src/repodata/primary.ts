import { type Checksum, checksumOf } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml, text, type XmlNode } from '../base/xml.ts';
import type { Evr } from './evr.ts';
import { attributeIn, isSimple, plain, wholeNumber } from './scan.ts';

/** What the catalogue keeps of a `<package>` of primary. Sizes in bytes, times in seconds since 1970. */
export interface PrimaryPackage extends Evr {
  name: string;
  arch: string;
  /** The digest of the rpm file: the pkgid. */
  checksum: Checksum;
  summary: string;
  packageSize: number;
  installedSize: number;
  buildTime: number;
  /** The href as it stands, relative to the repository unless `base` is there. */
  location: string;
  /** xml:base of the location. */
  base: string | undefined;
  sourceRpm: string;
}

/** A package as createrepo_c and Oracle write it, up to the summary. */
const head =
  /^<package type="rpm">\s*<name>([^<]+)<\/name>\s*<arch>([^<]+)<\/arch>\s*<version epoch="([^"<]*)" ver="([^"<]+)" rel="([^"<]*)"\s*\/>\s*<checksum type="([^"<]*)" pkgid="YES">([^<]*)<\/checksum>\s*<summary(?:\/>|>([^<]*)<\/summary>)/;

/** What follows, up to the format. */
const tail =
  /\s*(?:<description(?:\/>|>[^<]*<\/description>)\s*)?(?:<packager(?:\/>|>[^<]*<\/packager>)\s*)?(?:<url(?:\/>|>[^<]*<\/url>)\s*)?<time file="[^"<]*" build="([^"<]*)"\s*\/>\s*<size package="([^"<]*)" installed="([^"<]*)"(?: archive="[^"<]*")?\s*\/>\s*<location((?: (?:href|xml:base)="[^"<]*")+)\s*\/>\s*<format>/y;

/** What the format begins with, up to the source. */
const source =
  /(?:\s*<rpm:(license|vendor|group|buildhost)(?:\/>|>[^<]*<\/rpm:\1>))*\s*<rpm:sourcerpm(?:\/>|>([^<]*)<\/rpm:sourcerpm>)/y;

/**
 * Reads a `<package>` element of primary.xml. Throws AppError 'invalid' where it has no name, architecture, version,
 * checksum or location, or is not XML. Source: createrepo_c's `xml_dump_primary.c`.
 */
export function readPrimary(bytes: Buffer): PrimaryPackage {
  return fastPrimary(bytes) ?? slowPrimary(bytes);
}

/** The quick way; undefined where it does not know the form. */
export function fastPrimary(bytes: Buffer): PrimaryPackage | undefined {
  const xml = bytes.toString('latin1');
  if (!isSimple(xml)) return undefined;
  const h = head.exec(xml);
  if (!h) return undefined;
  tail.lastIndex = h[0].length;
  const t = tail.exec(xml);
  if (!t) return undefined;
  const name = plain(h[1]!).trim();
  const arch = plain(h[2]!).trim();
  const location = attributeIn(t[4]!, 'href');
  const checksum = checksumOf(h[6]!, h[7]!);
  const version = plain(h[4]!);
  if (!name || !arch || !version || !location || !checksum) return undefined;
  source.lastIndex = tail.lastIndex;
  const from = source.exec(xml);
  if (xml.includes('sourcerpm', from ? source.lastIndex : tail.lastIndex)) return undefined;
  return {
    name,
    arch,
    epoch: plain(h[3]!) || '0',
    version,
    release: plain(h[5]!),
    checksum,
    summary: plain(h[8] ?? ''),
    packageSize: wholeNumber(t[2]),
    installedSize: wholeNumber(t[3]),
    buildTime: wholeNumber(t[1]),
    location,
    base: attributeIn(t[4]!, 'xml:base'),
    sourceRpm: plain(from?.[2] ?? ''),
  };
}

/** The way that reads any XML. Throws as the above. */
export function slowPrimary(bytes: Buffer): PrimaryPackage {
  const node = child(parseXml(bytes.toString('utf8'), 'a package'), 'package');
  const name = text(node, 'name')?.trim();
  const what = name ? `package ${name}` : 'a package';
  const missing = (field: string) => new AppError('invalid', `${what} has no ${field}`);
  const arch = text(node, 'arch')?.trim();
  const version = children(node, 'version')[0];
  const location = children(node, 'location')[0];
  const sums = children(node, 'checksum');
  const sum = sums.find((s) => attribute(s, 'pkgid')?.toUpperCase() === 'YES') ?? sums[0];
  const href = attribute(location, 'href');
  if (!name) throw missing('name');
  if (!arch) throw missing('architecture');
  if (!attribute(version, 'ver')) throw missing('version');
  if (!href) throw missing('location');
  const checksum = checksumOf(attribute(sum, 'type') ?? '', (sum?.['#text'] as string) ?? '');
  if (!checksum) throw missing('checksum of a known type');
  const size = children(node, 'size')[0];
  return {
    name,
    arch,
    epoch: attribute(version, 'epoch') || '0',
    version: attribute(version, 'ver')!,
    release: attribute(version, 'rel') ?? '',
    checksum,
    summary: text(node, 'summary') ?? '',
    packageSize: wholeNumber(attribute(size, 'package')),
    installedSize: wholeNumber(attribute(size, 'installed')),
    buildTime: wholeNumber(attribute(children(node, 'time')[0], 'build')),
    location: href,
    base: attribute(location, 'base'),
    sourceRpm: text(children(node, 'format')[0] as XmlNode, 'sourcerpm') ?? '',
  };
}
