import { type Checksum, checksumOf } from '../base/digest.ts';
import { staysInside } from './repomd.ts';
import { attributeIn, plain, wholeNumber } from './scan.ts';

/** A delta rpm as prestodelta.xml (or deltainfo.xml) lists it. Bytes. */
export interface Delta {
  location: string;
  size: number;
  checksum: Checksum;
}

/**
 * Reads the delta rpms of a prestodelta.xml or deltainfo.xml: `<delta>` with `<filename>`, `<size>` and `<checksum type="">`,
 * as createrepo_c writes them. One that lacks a checksum, or lies outside the repository, is passed over: a client gets no
 * such file.
 */
export function* readDeltas(xml: Buffer): Generator<Delta> {
  const text = xml.toString('latin1');
  for (let at = text.indexOf('<delta '); at >= 0; ) {
    const next = text.indexOf('<delta ', at + 1);
    const delta = readDelta(text.slice(at, next < 0 ? undefined : next));
    if (delta) yield delta;
    at = next;
  }
}

function readDelta(text: string): Delta | undefined {
  const location = inside(text, 'filename');
  const [tag, value] = element(text, 'checksum');
  const checksum = checksumOf(attributeIn(tag, 'type') ?? '', value ?? '');
  if (!location || !checksum || !staysInside(location)) return undefined;
  return { location, checksum, size: wholeNumber(inside(text, 'size')) };
}

const inside = (text: string, name: string): string | undefined => {
  const [, value] = element(text, name);
  return value === undefined ? undefined : plain(value).trim();
};

/** An element's start tag and what it holds, which is text. */
function element(text: string, name: string): [tag: string, value: string | undefined] {
  const start = text.indexOf(`<${name}`);
  const open = text.indexOf('>', start);
  const close = text.indexOf('</', open);
  if (start < 0 || open < 0 || close < 0) return ['', undefined];
  return [text.slice(start, open), text.slice(open + 1, close)];
}
