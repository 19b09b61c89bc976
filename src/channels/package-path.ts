import { posix } from 'node:path';
import type { Catalogue, Nvra } from '../store/catalogue/catalogue.ts';
import type { Channels } from './channels.ts';

interface Deps {
  catalogue: Pick<Catalogue, 'packagesNamed'>;
  channels: Pick<Channels, 'find'>;
}

/**
 * Finds a package in a channel by its file name alone, as some clients ask for packages: the path below the channel,
 * percent-encoded; undefined where none of the channel's packages has that name, version, release and architecture.
 */
export function createPackagePath({ catalogue, channels }: Deps) {
  return async (channel: string, fileName: string): Promise<string | undefined> => {
    const nvra = nvraOf(fileName);
    const named = nvra ? catalogue.packagesNamed(nvra) : [];
    // A view is made when its repomd.xml is first asked for, which a machine may do after it asks for a package.
    if (named.length > 0) await channels.find(channel, 'repodata/repomd.xml');
    for (const { location, checksum } of named) {
      // As upstream has it, and as it stands where this server makes the metadata.
      for (const path of [location, `packages/${checksum.value}/${posix.basename(location)}`]) {
        const found = await channels.find(channel, path);
        if (found?.kind === 'package') return path.split('/').map(encodeURIComponent).join('/');
      }
    }
    return undefined;
  };
}

function nvraOf(fileName: string): Nvra | undefined {
  const parts = /^(.+)-([^-]+)-([^-]+)\.([^.-]+)\.rpm$/.exec(fileName);
  return parts
    ? { name: parts[1]!, version: parts[2]!, release: parts[3]!, arch: parts[4]! }
    : undefined;
}
