import { constants, createReadStream } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, errorCode } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import { addressOf, bareAddress } from './package-address.ts';
import type { Answer, GetOptions, Upstream } from './upstream.ts';

/** A repository in a folder of this machine, some of whose packages may lie on the net. */
export function createFileUpstream(
  base: string,
  getOverHttp: (url: string, options: GetOptions) => Promise<Answer>,
): Upstream {
  const folder = fileURLToPath(base);
  const root = new URL(base);
  return {
    shown: shownUrl(base),
    publicUrl: (path) => new URL(path, base).href,
    get: (path, options) => read(join(folder, path), options),
    publicUrlAt: (place) => bareAddress(place, root),
    async getAt(place, options) {
      const url = addressOf(place, root);
      return url.protocol === 'file:'
        ? read(fileURLToPath(url), options)
        : getOverHttp(url.href, options);
    },
  };
}

async function read(path: string, options: GetOptions): Promise<Answer> {
  try {
    return await answer(path, options);
  } catch (error) {
    const code = errorCode(error);
    const absent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
    throw new AppError(
      'refused',
      `${path} ${absent ? 'does not exist' : `cannot be read (${code})`}`,
      {
        cause: error,
        detail: { status: absent ? 404 : 403 },
      },
    );
  }
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
