import { readFilelists } from './filelists.ts';
import { readOther } from './other.ts';
import { readPrimary } from './primary.ts';

const readers = {
  primary: (bytes: Buffer) => readPrimary(bytes).checksum.value,
  filelists: (bytes: Buffer) => readFilelists(bytes).pkgid,
  other: (bytes: Buffer) => readOther(bytes).pkgid,
};

/** The first 16 digits of the pkgid of a `<package>`; undefined where it has none that is written in hexadecimal digits. */
export function pkgidStart(bytes: Buffer, document: keyof typeof readers): string | undefined {
  const mark = document === 'primary' ? marks.primary : marks.others;
  const at = bytes.indexOf(mark) + mark.length;
  if (at >= mark.length) {
    const start = bytes.toString('latin1', at, at + 16);
    if (hex.test(start)) return start;
  }
  try {
    const start = readers[document](bytes).slice(0, 16).toLowerCase();
    return hex.test(start) ? start : undefined;
  } catch {
    return undefined;
  }
}

const marks = { primary: Buffer.from('pkgid="YES">'), others: Buffer.from('pkgid="') };

const hex = /^[0-9a-f]{16}$/;
