import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { errorCode } from '../base/errors.ts';
import { syncFolder, writeDurably } from './objects/durable.ts';
import type { DataPaths } from './paths.ts';

/** The files of the server's own keys: armoured text, readable by this user alone. */
export function createSigningKeyFiles(paths: DataPaths) {
  async function write(place: string, text: string): Promise<void> {
    const made = await mkdir(paths.keys, { recursive: true, mode: 0o700 });
    if (made) await syncFolder(paths.root);
    await writeDurably(place, text, paths);
  }

  /** What the files of the folder that end so hold, by what comes before that. */
  async function read(end: string): Promise<Map<string, string>> {
    const names = await readdir(paths.keys).catch(absent);
    const found = new Map<string, string>();
    for (const name of names ?? []) {
      if (!name.endsWith(end)) continue;
      found.set(name.slice(0, -end.length), await readFile(paths.keyFile(name), 'utf8'));
    }
    return found;
  }

  return {
    /** The private keys, by fingerprint. */
    active: () => read('.private.asc'),

    /** The public keys of those that were retired, by fingerprint. */
    retired: () => read('.retired.asc'),

    add: (fingerprint: string, armored: string) =>
      write(paths.keyFile(`${fingerprint}.private.asc`), armored),

    /** Forgets a private key for good, and keeps the public one. */
    async retire(fingerprint: string, publicKey: string): Promise<void> {
      await write(paths.keyFile(`${fingerprint}.retired.asc`), publicKey);
      await rm(paths.keyFile(`${fingerprint}.private.asc`));
      await syncFolder(paths.keys);
    },

    /** The fingerprints of the keys with which all that is current was published; undefined if that was never written. */
    async published(): Promise<string[] | undefined> {
      const text = await readFile(paths.keyFile('published'), 'utf8').catch(absent);
      return text?.split('\n').filter(Boolean);
    },

    setPublished: (fingerprints: string[]) =>
      write(paths.keyFile('published'), `${fingerprints.join('\n')}\n`),
  };
}

function absent(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}
