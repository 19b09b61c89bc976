import { readFileSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import type { OptionsInit } from 'got';
import { AppError, errorCode } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';

/**
 * What a source sends to say who it is, read from where the source says. Throws AppError 'config' that names the source
 * and the key, and never what was read.
 */
export function readCredentials(source: MirroredSource): OptionsInit {
  const { auth } = source;
  if (!auth) return {};
  if ('username' in auth) {
    return { username: auth.username, password: readSecret(source, 'password') };
  }
  const value = readSecret(source, 'value');
  try {
    validateHeaderValue(auth.header, value);
  } catch {
    // Without its cause, which quotes the value.
    throw wrong(
      source,
      `auth.value_${auth.secret.from}`,
      'holds what no header can: a line break, for one',
    );
  }
  return { headers: { [auth.header.toLowerCase()]: value } };
}

/** The text of a file that a source names. Throws AppError 'config'. */
export function readFileOf(source: MirroredSource, key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AppError(
      'config',
      `source ${source.label}: cannot read ${key} ${path} (${errorCode(error)})`,
      { cause: error, hint: 'check the path, and that this user may read it' },
    );
  }
}

function readSecret(source: MirroredSource, what: 'password' | 'value'): string {
  const { from, name } = source.auth!.secret;
  const key = `auth.${what}_${from}`;
  const text = from === 'file' ? readFileOf(source, key, name) : process.env[name];
  if (text === undefined) throw wrong(source, key, `names the variable ${name}, which is not set`);
  const secret = text.replace(/[\r\n]+$/, '');
  if (secret === '') throw wrong(source, key, `names ${name}, which is empty`);
  return secret;
}

const wrong = (source: MirroredSource, key: string, what: string) =>
  new AppError('config', `source ${source.label}: ${key} ${what}`, {
    hint: 'set it where this process starts, or correct the source',
  });
