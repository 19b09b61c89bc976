import { AppError } from '../base/errors.ts';
import { slowPrimary } from './primary.ts';
import { attributesOf, tagsOf } from './tags.ts';

/**
 * A `<package>` of primary with its location by digest, `packages/<pkgid>/<last segment of its href>`, and without xml:base;
 * all else byte for byte. Gives the bytes in parts, to be put one after the other. `simple` says that the bytes hold no
 * comment, CDATA section or instruction. An element that has no pkgid or no location is given as it is.
 */
export function relocate(bytes: Buffer, simple: boolean): Buffer[] {
  return (simple ? fastRelocate(bytes) : undefined) ?? slowRelocate(bytes);
}

/** Whether bytes hold no comment, CDATA section or instruction. */
export const isSimpleXml = (bytes: Buffer): boolean =>
  !opensWith(bytes, BANG) && !opensWith(bytes, QUESTION);

/** Whether a tag begins with that byte. The byte is looked for, as it is much rarer than `<`. */
function opensWith(bytes: Buffer, mark: number): boolean {
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (bytes[at - 1] === LT) return true;
  }
  return false;
}

const pkgidMark = Buffer.from(' pkgid="YES">');
const locationMark = Buffer.from('<location ');
const LT = 0x3c;
const GT = 0x3e;
const BANG = 0x21;
const QUESTION = 0x3f;

/** The quick way; undefined where it does not know the form. */
function fastRelocate(bytes: Buffer): Buffer[] | undefined {
  const mark = bytes.indexOf(pkgidMark);
  if (mark < 0 || bytes.toString('latin1', bytes.lastIndexOf(LT, mark), mark).search(sum) !== 0)
    return undefined;
  const from = mark + pkgidMark.length;
  const pkgid = bytes.toString('latin1', from, bytes.indexOf(LT, from));
  if (!isPkgid(pkgid)) return undefined;
  const start = bytes.indexOf(locationMark);
  // Text holds no <, so that an element of this name is all that this can be; but another may be meant.
  if (start < from || bytes.includes('<location', start + 1) || bytes.includes(':location'))
    return undefined;
  const end = bytes.indexOf(GT, start) + 1;
  const tag = bytes.toString('latin1', start, end);
  if (!/^<location(?: (?:href|xml:base)="[^"<>]*")+\s*\/>$/.test(tag)) return undefined;
  return replaced(bytes, { start, end }, relocatedTag(tag, pkgid));
}

const sum = /^<checksum( type="[^"<>]*")?$/;

/** The way that reads any XML. */
function slowRelocate(bytes: Buffer): Buffer[] {
  try {
    const pkgid = slowPrimary(bytes).checksum.value;
    const xml = bytes.toString('latin1');
    for (const tag of tagsOf(xml, 'a package')) {
      if (tag.depth !== 1 || tag.local !== 'location' || tag.kind === 'close') continue;
      return replaced(bytes, tag, relocatedTag(xml.slice(tag.start, tag.end), pkgid));
    }
  } catch (error) {
    // What nobody can read is passed on as it came.
    if (!(error instanceof AppError)) throw error;
  }
  return [bytes];
}

const replaced = (bytes: Buffer, { start, end }: { start: number; end: number }, tag: string) => [
  bytes.subarray(0, start),
  Buffer.from(tag, 'latin1'),
  bytes.subarray(end),
];

/** md5 to sha512. */
const isPkgid = (text: string): boolean => /^[0-9a-f]{32,128}$/.test(text);

function relocatedTag(tag: string, pkgid: string): string {
  let result = '';
  let at = 0;
  const attributes = attributesOf(tag);
  const href =
    attributes.find((a) => a.name === 'href') ?? attributes.find((a) => a.name.endsWith(':href'));
  for (const attribute of attributes) {
    if (attribute === href) {
      result += tag.slice(at, attribute.valueStart) + digestHref(attribute.value, pkgid);
      at = attribute.end - 1;
    } else if (attribute.name === 'xml:base') {
      result += tag.slice(at, attribute.start);
      at = attribute.end;
    }
  }
  return result + tag.slice(at);
}

/** The href of a package in rendered revisions. The last segment is as it stands in XML, but begins no query or fragment. */
function digestHref(href: string, pkgid: string): string {
  const segment = href.slice(href.lastIndexOf('/') + 1);
  const name = segment === '' || segment === '.' || segment === '..' ? 'package.rpm' : segment;
  return `packages/${pkgid}/${name.replaceAll('?', '%3F').replace(/(?<!&)#/g, '%23')}`;
}
