import { mkdir, readFile } from 'node:fs/promises';
import { errorCode } from '../base/errors.ts';
import { syncFolder, writeDurably } from './objects/durable.ts';
import type { DataPaths } from './paths.ts';

/**
 * The files of the server's own authority, readable by this user alone. The server's key and its certificate are in one
 * file, so that they always belong together.
 */
export function createTlsFiles(paths: DataPaths) {
  async function write(name: string, text: string): Promise<void> {
    const made = await mkdir(paths.tls, { recursive: true, mode: 0o700 });
    if (made) await syncFolder(paths.root);
    await writeDurably(paths.tlsFile(name), text, paths);
  }
  const read = (name: string): Promise<string | undefined> =>
    readFile(paths.tlsFile(name), 'utf8').catch((error) => {
      if (errorCode(error) !== 'ENOENT') throw error;
      return undefined;
    });

  return {
    /** Undefined where there is none yet. */
    async authority(): Promise<{ certificate: string; key: string } | undefined> {
      const [certificate, key] = [await read('ca.pem'), await read('ca.key')];
      return certificate === undefined || key === undefined ? undefined : { certificate, key };
    },

    /** The key first: without the certificate there is no authority. */
    async setAuthority({ certificate, key }: { certificate: string; key: string }): Promise<void> {
      await write('ca.key', key);
      await write('ca.pem', certificate);
    },

    /** The server's private key and its certificate, one after the other. */
    server: () => read('server.pem'),

    setServer: ({ certificate, key }: { certificate: string; key: string }) =>
      write('server.pem', key + certificate),
  };
}

export type TlsFiles = ReturnType<typeof createTlsFiles>;
