import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/app.ts';
import { createGpg, makeKey, rpmkeys } from '../../support/rpm-signing.ts';
import { binaryEntry, type RpmParts, refreshDigests } from '../../support/rpm-surgery.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { signVersion3 } from '../../support/version-3.ts';
import { changed, judged, secretOf, unsigned } from './rpms.ts';

/** Renames entries of the header: what is not known by its tag is not there. */
function hideEntries({ header }: RpmParts, tags: number[]): void {
  for (let at = 16; at < 16 + header.readUInt32BE(8) * 16; at += 16) {
    const tag = header.readUInt32BE(at);
    if (tags.includes(tag)) header.writeUInt32BE(tag + 900, at);
  }
}

it.skipIf(!hasRpmSigning)(
  'takes no payload that neither a digest in the signed header nor a signature vouches for, as rpmkeys',
  async () => {
    const folder = await temporaryFolder();
    const gpg = await createGpg();
    const [key, dsa] = [await makeKey(gpg), await makeKey(gpg, { algorithm: 'dsa2048' })];
    const [secret, dsaSecret] = [await secretOf(gpg, key), await secretOf(gpg, dsa)];
    const texts = [key.armored, dsa.armored];
    /** An rpm as rpm 4.11 made it: no payload digest, a signature of the header, and one of all. */
    const old = changed(await unsigned(folder), (parts) => {
      hideEntries(parts, [5092, 5093, 5097]);
      refreshDigests(parts);
      const all = Buffer.concat([parts.header, parts.payload]);
      parts.signature.set(268, binaryEntry(signVersion3(secret, parts.header)));
      parts.signature.set(1002, binaryEntry(signVersion3(secret, all)));
    });
    const otherPayload = (parts: RpmParts) => {
      parts.payload = Buffer.from('quite another payload');
      refreshDigests(parts);
    };
    const cases: [string, Buffer, string][] = [
      ['as its vendor made it', old, 'good'],
      [
        'with a DSA signature over all',
        changed(old, (parts) => {
          const all = Buffer.concat([parts.header, parts.payload]);
          parts.signature.delete(1002);
          parts.signature.set(1005, binaryEntry(signVersion3(dsaSecret, all)));
        }),
        'good',
      ],
      ['with another payload', changed(old, otherPayload), 'bad_signature'],
      [
        'with another payload and no signature over it',
        changed(old, (parts) => {
          parts.signature.delete(1002);
          otherPayload(parts);
        }),
        'unsigned_payload',
      ],
      [
        'with another payload that a stranger signed',
        changed(old, (parts) => {
          otherPayload(parts);
          const stranger = signVersion3(secret, parts.payload);
          stranger.fill(7, 3 + 7, 3 + 15);
          parts.signature.set(1002, binaryEntry(stranger));
        }),
        'unknown_key',
      ],
    ];
    for (const [what, rpm, expected] of cases) {
      const path = join(folder, 'case.rpm');
      await writeFile(path, rpm);
      const { ok, said } = await rpmkeys(folder, path, texts);
      const ours = await judged(rpm, texts);
      expect({ what, ours, ok, said }).toMatchObject({
        what,
        ours: expected,
        ok: expected === 'good',
      });
    }
  },
);

it.skipIf(!hasRpmSigning)('takes a payload digest of an unknown kind for none', async () => {
  const folder = await temporaryFolder();
  const gpg = await createGpg();
  const key = await makeKey(gpg);
  const secret = await secretOf(gpg, key);
  const odd = changed(await unsigned(folder), (parts) => {
    const { header } = parts;
    const data = 16 + header.readUInt32BE(8) * 16;
    for (let at = 16; at < data; at += 16) {
      if (header.readUInt32BE(at) === 5093)
        header.writeUInt32BE(99, data + header.readUInt32BE(at + 8));
    }
    refreshDigests(parts);
    parts.signature.set(268, binaryEntry(signVersion3(secret, header)));
  });
  expect(await judged(odd, [key.armored])).toBe('unsigned_payload');
  const whole = changed(odd, (parts) => {
    const all = Buffer.concat([parts.header, parts.payload]);
    parts.signature.set(1002, binaryEntry(signVersion3(secret, all)));
  });
  expect(await judged(whole, [key.armored])).toBe('good');
});
