import { type Checksum, checksumOf } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { attribute, child, children, parseXml, text, type XmlNode } from '../base/xml.ts';

/** repomd.xml: what documents one revision of a repository consists of. */
export interface Repomd {
  /** Free text; mostly a number. Empty if absent. */
  revision: string;
  tags: { content: string[]; repo: string[]; distro: { cpeid: string; name: string }[] };
  data: RepomdData[];
  /** Child elements of the root that are none of the above, as parsed. */
  unknown: XmlNode;
}

/** One `<data>` of repomd.xml. Sizes in bytes, the timestamp in seconds; what is absent, no number or no date is undefined. */
export interface RepomdData {
  type: string;
  /** Relative to the repository's root, checked not to leave it. */
  href: string;
  checksum: Checksum | undefined;
  openChecksum: Checksum | undefined;
  size: number | undefined;
  openSize: number | undefined;
  timestamp: number | undefined;
  databaseVersion: number | undefined;
  unknown: XmlNode;
}

const knownChildren = new Set(['revision', 'tags', 'data']);
const knownDataChildren = new Set(
  'location checksum open-checksum size open-size timestamp database_version'.split(' '),
);

/**
 * Reads a repomd.xml. Throws AppError 'invalid' where it is not one: no XML, another root, a `<data>` without type or
 * location, a location that leaves the repository, a checksum that is none; 'limit' where it lists more documents than
 * `limits.documents`. A missing checksum is allowed, as dnf allows it. Source: createrepo_c's `xml_parser_repomd.c`.
 */
export function readRepomd(xml: string): Repomd {
  const root = parseXml(xml, 'repomd.xml');
  const node = child(root, 'repomd');
  if (!node) throw new AppError('invalid', 'repomd.xml has no <repomd> element');
  const data = children(node, 'data');
  if (data.length > limits.documents) throw tooMany(data.length);
  const tags = children(node, 'tags')[0];
  return {
    revision: text(node, 'revision')?.trim() ?? '',
    tags: {
      content: children(tags, 'content').map(ownText),
      repo: children(tags, 'repo').map(ownText),
      distro: children(tags, 'distro').map((d) => ({
        cpeid: attribute(d, 'cpeid') ?? '',
        name: ownText(d),
      })),
    },
    data: data.map(readData),
    unknown: without(node, knownChildren),
  };
}

const tooMany = (count: number) =>
  new AppError('limit', `repomd.xml lists ${count} documents, more than ${limits.documents}`, {
    hint: 'check the address; limits.documents allows more',
  });

function readData(node: XmlNode): RepomdData {
  const type = attribute(node, 'type');
  if (!type) throw new AppError('invalid', 'repomd.xml has a <data> without a type');
  const href = attribute(children(node, 'location')[0], 'href');
  if (!href) throw new AppError('invalid', `repomd.xml gives no location for ${type}`);
  if (!staysInside(href)) {
    throw new AppError('invalid', `repomd.xml puts ${type} outside the repository (${href})`);
  }
  return {
    type,
    href,
    checksum: readChecksum(node, 'checksum', type),
    openChecksum: readChecksum(node, 'open-checksum', type),
    size: number(node, 'size'),
    openSize: number(node, 'open-size'),
    timestamp: readTimestamp(node),
    databaseVersion: number(node, 'database_version'),
    unknown: without(node, knownDataChildren),
  };
}

function readChecksum(node: XmlNode, name: string, type: string): Checksum | undefined {
  const element = children(node, name)[0];
  if (!element) return undefined;
  const checksum = checksumOf(attribute(element, 'type') ?? '', ownText(element));
  if (!checksum) {
    throw new AppError('invalid', `repomd.xml has a ${name} of ${type} that is none`);
  }
  return checksum;
}

const ownText = (node: XmlNode): string => ((node['#text'] as string | undefined) ?? '').trim();

/** Fractions are cut off: yum 3 counts such a timestamp as 0, others read its whole part. */
function number(node: XmlNode, name: string): number | undefined {
  const value = Number.parseInt(text(node, name) ?? '', 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** 2100-01-01, in seconds: what is later, or cannot be a Date at all, is no time at which anything was published. */
const endOfTime = 4_102_444_800;

function readTimestamp(node: XmlNode): number | undefined {
  const seconds = number(node, 'timestamp');
  return seconds !== undefined && seconds < endOfTime ? seconds : undefined;
}

/** Whether a timestamp can be right: at most two days ahead of `now`, both in seconds. */
export function plausible(timestamp: number, now: number): boolean {
  return timestamp <= now + 2 * 86_400;
}

function without(node: XmlNode, names: ReadonlySet<string>): XmlNode {
  const rest = Object.entries(node).filter(
    ([k]) => k !== '#text' && !k.startsWith('@') && !names.has(k),
  );
  return Object.fromEntries(rest);
}

/**
 * Whether a href, taken relative to a folder, names something below it: not absolute, no scheme, no `..`,
 * plain or percent-encoded, no backslash or control character, no space around it, which URLs lose.
 */
export function staysInside(href: string): boolean {
  const decoded = href.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return [href, decoded].every(
    (path) =>
      path !== '' &&
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      !/^[a-z][a-z0-9+.-]*:|^\/|[\\\x00-\x1f\x7f]|^ | $/i.test(path) &&
      !path.split('/').some((segment) => segment === '..'),
  );
}
