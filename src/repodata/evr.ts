/** Epoch, version and release. An absent epoch is `0`, as rpm compares it. */
export interface Evr {
  epoch: string;
  version: string;
  release: string;
}

const TILDE = 0x7e;
const CARET = 0x5e;

/**
 * rpm's version order as bytes: for any two packages, comparing the keys byte by byte gives what rpm's labelCompare
 * gives. The key is the epoch (4 bytes, big-endian), then version and release, each as a run of segments:
 * `~` 01, end 02, `^` 03, letters 04 bytes 00, digits 05 length (2 bytes) digits. Source: rpmio/rpmvercmp.
 */
export function evrKey(evr: Evr): Buffer {
  const out: number[] = [];
  const epoch = Math.min(Number.parseInt(evr.epoch, 10) || 0, 0xffffffff);
  out.push(epoch >>> 24, (epoch >>> 16) & 255, (epoch >>> 8) & 255, epoch & 255);
  pushSegments(out, evr.version);
  pushSegments(out, evr.release);
  return Buffer.from(out);
}

function pushSegments(out: number[], text: string): void {
  let i = 0;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === TILDE) {
      out.push(1);
      i++;
    } else if (c === CARET) {
      out.push(3);
      i++;
    } else if (isLetter(c)) {
      out.push(4);
      for (; i < text.length && isLetter(text.charCodeAt(i)); i++) out.push(text.charCodeAt(i));
      out.push(0);
    } else if (isDigit(c)) {
      while (text.charCodeAt(i) === 0x30) i++;
      const start = i;
      while (i < text.length && isDigit(text.charCodeAt(i))) i++;
      out.push(5, (i - start) >>> 8, (i - start) & 255);
      for (let k = start; k < i; k++) out.push(text.charCodeAt(k));
    } else {
      i++;
    }
  }
  out.push(2);
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isLetter = (c: number): boolean => (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a);

/** Below, at or above 0 as rpm sorts `a` before, with or after `b`. */
export function compareEvr(a: Evr, b: Evr): number {
  return Buffer.compare(evrKey(a), evrKey(b));
}
