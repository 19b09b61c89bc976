import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, errorCode } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import type { Answer, GetOptions, Upstream } from './upstream.ts';

/** A repository in a folder of this machine. */
export function createFileUpstream(base: string): Upstream {
  const folder = fileURLToPath(base);
  return {
    shown: shownUrl(base),
    publicUrl: (path) => new URL(path, base).href,
    async get(path, options) {
      try {
        return await answer(join(folder, path), options);
      } catch (error) {
        const code = errorCode(error);
        const absent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
        throw new AppError(
          'refused',
          `${join(folder, path)} ${absent ? 'does not exist' : `cannot be read (${code})`}`,
          {
            cause: error,
            detail: { status: absent ? 404 : 403 },
          },
        );
      }
    },
  };
}

async function answer(path: string, { signal, validators }: GetOptions): Promise<Answer> {
  const info = await stat(path);
  if (!info.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
  await access(path, constants.R_OK);
  const etag = `"${info.mtimeMs}-${info.size}-${info.ino}"`;
  if (validators?.etag === etag) return { status: 'not_modified' };
  return {
    status: 'ok',
    url: path,
    size: info.size,
    start: 0,
    inside: true,
    etag,
    lastModified: info.mtime.toUTCString(),
    body: bytesOf(path, signal),
    discard: () => {},
  };
}

async function* bytesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      if (signal?.aborted) throw new AppError('cancelled', `reading ${path} was cancelled`);
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unreachable', `${path} cannot be read (${errorCode(error)})`, {
      cause: error,
    });
  }
}
