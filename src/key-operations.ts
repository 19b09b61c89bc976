import { serverKeys } from './base/source.ts';
import { keysUrl } from './channels/repofile.ts';
import type { SigningKeys } from './channels/signing/keys.ts';
import type { Operations } from './server/control/operations.ts';

interface Deps {
  signing: SigningKeys;
  dataFolder: string;
  publicUrl(): string;
}

/** The operations on the server's own keys. */
export function createKeyOperations({
  signing,
  dataFolder,
  publicUrl,
}: Deps): Pick<Operations, 'initialise' | 'listKeys' | 'rotateKey' | 'retireKey' | 'exportKeys'> {
  return {
    async initialise() {
      const { made, fingerprints } = await signing.ensure();
      return { data: dataFolder, made, fingerprints, url: keysUrl(publicUrl(), serverKeys) };
    },
    listKeys: signing.list,
    rotateKey: signing.rotate,
    retireKey: signing.retire,
    exportKeys: signing.publicKeys,
  };
}
