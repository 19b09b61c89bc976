import { AppError } from '../../base/errors.ts';
import type { Objects } from './objects.ts';

/**
 * Reads an object that is JSON and says `"headwater": kind`. Throws AppError 'not_found', or 'invalid' where it is
 * something else or damaged.
 */
export async function readJson<T>(objects: Objects, sha256: string, kind: string): Promise<T> {
  const text = (await objects.read(sha256)).toString('utf8');
  const wrong = (cause?: unknown) =>
    new AppError('invalid', `object ${sha256} is no ${kind}, or it is damaged`, { cause });
  let value: (T & { headwater?: string }) | null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error);
  }
  if (value?.headwater !== kind) throw wrong();
  return value;
}
