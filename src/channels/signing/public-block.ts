import type { PrivateKey } from 'openpgp';
import { openpgp } from './openpgp.ts';

/** A key's public part as armoured text, with the checksum without which rpm of releases up to 9 takes none. */
export async function publicBlock(key: PrivateKey): Promise<string> {
  const { armor, enums } = await openpgp();
  const bytes = key.toPublic().write();
  return armor(
    enums.armor.publicKey,
    bytes as Uint8Array<ArrayBuffer>,
    undefined,
    undefined,
    undefined,
    true,
  ).replaceAll('\r\n', '\n');
}
