import { openpgp } from './openpgp.ts';

/**
 * An armoured detached signature of bytes: one version 4 signature by each key (armoured, without passphrase), in that
 * order, at a time or now. yum 3 looks at the first alone, so the key that clients have known longest stands first.
 * It has what gpg of Oracle Linux 6 expects: SHA-256, no notations, and the armour's checksum.
 */
export async function signDetached(
  text: Buffer,
  privateKeys: string[],
  date = new Date(),
): Promise<Buffer> {
  const { armor, createMessage, enums, readPrivateKey, sign } = await openpgp();
  const signatures = privateKeys.map(async (armored) => {
    const key = await readPrivateKey({ armoredKey: armored });
    const signature = await sign({
      message: await createMessage({ binary: new Uint8Array(text) }),
      signingKeys: key,
      detached: true,
      format: 'binary',
      // gpg takes no signature that is older than its key.
      date: new Date(Math.max(date.getTime(), key.getCreationTime().getTime())),
      config: {
        preferredHashAlgorithm: enums.hash.sha256,
        nonDeterministicSignaturesViaNotation: false,
      },
    });
    return signature as Uint8Array;
  });
  const bytes = Buffer.concat(await Promise.all(signatures));
  const block = enums.armor.signature;
  return Buffer.from(
    armor(block, new Uint8Array(bytes), undefined, undefined, undefined, true).replaceAll(
      '\r\n',
      '\n',
    ),
  );
}
