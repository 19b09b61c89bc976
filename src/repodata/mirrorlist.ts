import { type Checksum, checksumOf } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml } from '../base/xml.ts';

/** The base URLs of a mirrorlist: one a line, comments and other schemes passed over. Throws AppError 'invalid'. */
export function readMirrorlist(content: string): string[] {
  if (/^\s*</.test(content))
    throw new AppError('invalid', 'the mirrorlist is XML or HTML, not a list of addresses');
  const urls = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^https?:\/\//i.test(line) && URL.canParse(line));
  if (urls.length === 0)
    throw new AppError('invalid', 'the mirrorlist names no http or https mirror');
  return urls;
}

/** What a metalink says: mirrors, the preferred first, and the checksums that repomd.xml may have. */
export interface Metalink {
  urls: string[];
  /** Each is a set of checksums of one version of repomd.xml; the first is the newest. */
  versions: Checksum[][];
}

const suffix = '/repodata/repomd.xml';

/** MirrorManager announces a handful. */
const maxAlternates = 100;

/** Types for which two files of the same checksum can be made. */
const weak: ReadonlySet<string> = new Set(['md5', 'sha', 'sha1']);

const isPlain = (url: string): number => (/^http:/i.test(url) ? 1 : 0);

/**
 * Reads a metalink for repomd.xml: base URLs by preference, https before http where that is the same, else in the order
 * of the document, in which the near ones come first (other protocols are passed over); and the announced checksums, the
 * first hundred alternates included. A version with MD5 alone is passed over, and where one has more than SHA-1, all that
 * have not. Throws AppError 'invalid' where it is for another file, or names no mirror or no checksum. Source: Metalink
 * 3.0 and MirrorManager's `mm0:alternates`.
 */
export function readMetalink(xml: string): Metalink {
  const root = child(parseXml(xml, 'the metalink'), 'metalink');
  const file = children(children(root, 'files')[0], 'file').find(
    (f) => attribute(f, 'name') === 'repomd.xml',
  );
  if (!file) throw new AppError('invalid', 'the metalink is not for a repomd.xml');
  const urls = children(children(file, 'resources')[0], 'url')
    .map((u) => ({
      url: ((u['#text'] as string) ?? '').trim(),
      preference: Number.parseInt(attribute(u, 'preference') ?? '0', 10) || 0,
    }))
    .filter(({ url }) => /^https?:\/\//i.test(url) && URL.canParse(url) && url.endsWith(suffix))
    .sort((a, b) => b.preference - a.preference || isPlain(a.url) - isPlain(b.url))
    .map(({ url }) => url.slice(0, -suffix.length + 1));
  if (urls.length === 0)
    throw new AppError('invalid', 'the metalink names no http or https mirror');
  const alternates = children(children(file, 'alternates')[0], 'alternate');
  const announced = [file, ...alternates.slice(0, maxAlternates)]
    .map((version) =>
      children(children(version, 'verification')[0], 'hash')
        .map((h) => checksumOf(attribute(h, 'type') ?? '', (h['#text'] as string) ?? ''))
        .filter((c) => c !== undefined),
    )
    .filter((checksums) => checksums.length > 0);
  const versions = announced.some(isStrong)
    ? announced.filter(isStrong)
    : announced.filter((checksums) => checksums.some((c) => c.type !== 'md5'));
  if (versions.length === 0) {
    const which = announced.length > 0 ? 'but MD5, which is not enough' : 'that can be used';
    throw new AppError('invalid', `the metalink has no checksum ${which}`);
  }
  return { urls, versions };
}

const isStrong = (checksums: Checksum[]): boolean => checksums.some((c) => !weak.has(c.type));
