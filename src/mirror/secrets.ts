import type { OptionsInit } from 'got';
import { AppError } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';

/** Takes a source's secrets out of what a server may have said back. */
export interface Redaction {
  text(said: string): string;
  /** The same AppError where it holds none of them; else one without them, and without its cause. */
  error(error: unknown): unknown;
}

/** Shorter ones would be found in any sentence, and so be told by what is missing there. */
const shortest = 4;

/** `credentials` is what the source sends to say who it is. */
export function redactionOf(source: MirroredSource, credentials: OptionsInit): Redaction {
  const patterns = secretsOf(source, credentials)
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => [...secret].map(inAnyForm).join(''));
  if (patterns.length === 0) return { text: (said) => said, error: (error) => error };
  const pattern = new RegExp(patterns.join('|'), 'giu');
  const text = (said: string) => said.replace(pattern, '…');
  return {
    text,
    error(error) {
      if (!(error instanceof AppError)) return error;
      const { kind, message, hint, detail } = error;
      const said = text(message);
      const advice = hint && text(hint);
      if (said === message && advice === hint) return error;
      return new AppError(kind, said, {
        ...(advice && { hint: advice }),
        ...(detail && { detail }),
      });
    },
  };
}

function secretsOf(source: MirroredSource, { username, password, headers }: OptionsInit): string[] {
  const pairs = source.upstream.urls
    .map((url) => URL.parse(url))
    .filter((url) => url !== null)
    .map((url) => [decoded(url.username), decoded(url.password)] as const);
  if (password) pairs.push([username ?? '', password]);
  const basic = pairs.flatMap(([name, word]) =>
    word ? [word, Buffer.from(`${name}:${word}`).toString('base64')] : [],
  );
  return [...basic, ...Object.values(headers ?? {}).flatMap((value) => partsOf(String(value)))];
}

/** A header's value, and what follows its scheme or the names of cookies. */
function partsOf(value: string): string[] {
  const [, ...rest] = value.split(/[\s;,]+/);
  const cookies = [...value.matchAll(/=([^\s;,]+)/g)].map((m) => m[1]!);
  return [value, ...rest, ...cookies.filter((c) => !/^=*$/.test(c))];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A pattern for one character, as it is or percent-encoded. */
function inAnyForm(character: string): string {
  if (/\s/.test(character)) return '(?:\\s+|\\+|%(?:20|09))';
  const encoded = [...Buffer.from(character)].map((b) => `%${b.toString(16).padStart(2, '0')}`);
  const plain = /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
  return `(?:${plain}|${encoded.join('')})`;
}
