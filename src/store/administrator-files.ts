import { mkdir, readFile } from 'node:fs/promises';
import { errorCode } from '../base/errors.ts';
import { syncFolder, writeDurably } from './objects/durable.ts';
import type { DataPaths } from './paths.ts';

/** The first administrator's private key and profile, readable by this user alone. */
export function createAdministratorFiles(paths: DataPaths) {
  async function write(place: string, text: string): Promise<void> {
    const made = await mkdir(paths.administrator, { recursive: true, mode: 0o700 });
    if (made) await syncFolder(paths.root);
    await writeDurably(place, text, paths);
  }

  return {
    keyFile: paths.administratorKey,
    profileFile: paths.administratorProfile,

    /** As PEM; undefined where it is not there. */
    key: (): Promise<string | undefined> =>
      readFile(paths.administratorKey, 'utf8').catch((error) => {
        if (errorCode(error) !== 'ENOENT') throw error;
        return undefined;
      }),

    setKey: (pem: string) => write(paths.administratorKey, pem),
    setProfile: (text: string) => write(paths.administratorProfile, text),
  };
}
