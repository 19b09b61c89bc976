import type { AppError } from '../base/errors.ts';

/** Bytes that XML markup is made of, and the few steps over it that cutting needs. */
export const LT = 0x3c;
export const GT = 0x3e;
export const SLASH = 0x2f;
export const BANG = 0x21;
export const QUESTION = 0x3f;

/** The first place from there on that is no white space. */
export function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= 0x20) at++;
  return at;
}

/** The end of a comment or processing instruction; undefined if it is not complete yet. */
export function skipMarkup(
  bytes: Buffer,
  at: number,
  fail: (p: string) => AppError,
): number | undefined {
  if (bytes[at + 1] === QUESTION) return after(bytes, '?>', at);
  if (bytes.length - at < 4) return undefined;
  if (bytes.toString('latin1', at, at + 4) !== '<!--') throw fail('has a declaration in its body');
  return after(bytes, '-->', at + 4);
}

/** The place after the next mark from there on; undefined if it is not here yet. */
export function after(bytes: Buffer, mark: string, from: number): number | undefined {
  const found = bytes.indexOf(mark, from, 'latin1');
  return found < 0 ? undefined : found + mark.length;
}

/** Where the name that starts at `from` ends; undefined if it may go on in bytes that are not here. */
export function endOfName(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    const c = bytes[at]!;
    if (c <= 0x20 || c === GT || c === SLASH) return at;
  }
  return undefined;
}
