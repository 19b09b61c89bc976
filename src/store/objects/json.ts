import { AppError } from '../../base/errors.ts';
import type { Objects } from './objects.ts';

/**
 * Reads an object that is JSON and says `"headwater": kind`, or one of several kinds. Throws AppError 'not_found', or
 * 'invalid' where it is something else or damaged.
 */
export async function readJson<T>(
  objects: Objects,
  sha256: string,
  kind: string | string[],
): Promise<T> {
  return checkedJson<T>((await objects.read(sha256)).toString('utf8'), sha256, kind);
}

/** The same of a text that an object holds. */
export function checkedJson<T>(text: string, sha256: string, kind: string | string[]): T {
  const kinds = [kind].flat();
  const wrong = (cause?: unknown) =>
    new AppError('invalid', `object ${sha256} is no ${kinds[0]}, or it is damaged`, { cause });
  let value: { headwater?: string } | null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error);
  }
  if (!kinds.includes(value?.headwater ?? '')) throw wrong();
  return value as T;
}
