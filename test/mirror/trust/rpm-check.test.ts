import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createRpmCheck } from '../../../src/mirror/trust/rpm-check.ts';
import { temporaryFolder } from '../../support/app.ts';
import {
  at,
  createGpg,
  exportKey,
  type Gpg,
  type GpgKey,
  makeKey,
  rpmkeys,
  signRpm,
} from '../../support/rpm-signing.ts';
import {
  binaryEntry,
  type RpmParts,
  refreshDigests,
  takeApart,
} from '../../support/rpm-surgery.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { signVersion3 } from '../../support/version-3.ts';
import { changed, judged, secretOf, unsigned } from './rpms.ts';

/** The rpm signed by rpmsign. */
async function signed(
  folder: string,
  rpm: Buffer,
  gpg: Gpg,
  [key, extra = []]: [GpgKey, string[]?],
): Promise<Buffer> {
  const path = join(folder, 'signed.rpm');
  await writeFile(path, rpm);
  await signRpm(gpg, path, key, extra);
  return readFile(path);
}

const lastByteOf = (bytes: Buffer) => {
  bytes[bytes.length - 1]! ^= 1;
};

async function makeSubkey(gpg: Gpg, { fingerprint }: GpgKey): Promise<GpgKey> {
  await gpg('--passphrase', '', '--quick-add-key', fingerprint, 'rsa2048', 'sign', 'never');
  return exportKey(gpg, fingerprint);
}

it.skipIf(!hasRpmSigning)(
  'agrees with rpmkeys on what is good and what is not',
  async () => {
    const folder = await temporaryFolder();
    const gpg = await createGpg();
    const rsa = await makeKey(gpg);
    const ed25519 = await makeKey(gpg, { algorithm: 'ed25519' });
    const dsa = await makeKey(gpg, { algorithm: 'dsa2048' });
    const old = await makeKey(gpg, { expire: '30d', at: at('20200101T000000') });
    const short = await makeKey(gpg, { algorithm: 'rsa1024' });
    const withSubkey = await makeSubkey(gpg, await makeKey(gpg, { usage: 'cert' }));
    const plain = await unsigned(folder);
    const byShort = await signed(folder, plain, gpg, [short]);
    const oldSecret = await secretOf(gpg, old);
    const byRsa = await signed(folder, plain, gpg, [rsa]);
    const secret = await secretOf(gpg, rsa);
    const dsaSecret = await secretOf(gpg, dsa);
    const withVersion3 = (tag: number, make: (parts: RpmParts) => Buffer) =>
      changed(plain, (parts) => parts.signature.set(tag, binaryEntry(make(parts))));
    const both = ({ header, payload }: RpmParts) => Buffer.concat([header, payload]);

    const cases: [string, Buffer, GpgKey[], string, { rpmkeysOk?: boolean; sha1?: boolean }?][] = [
      ['RSA, version 4', byRsa, [rsa], 'good'],
      [
        'RSA, SHA-512',
        await signed(folder, plain, gpg, [rsa, ['--digest-algo', 'sha512']]),
        [rsa],
        'good',
      ],
      ['Ed25519', await signed(folder, plain, gpg, [ed25519]), [ed25519], 'good'],
      ['DSA', await signed(folder, plain, gpg, [dsa]), [dsa], 'good'],
      ['RSA, version 3', withVersion3(268, (p) => signVersion3(secret, p.header)), [rsa], 'good'],
      [
        'DSA, version 3',
        withVersion3(267, (p) => signVersion3(dsaSecret, p.header)),
        [dsa],
        'good',
      ],
      [
        'RSA, version 3, over header and payload',
        withVersion3(1002, (p) => signVersion3(secret, both(p))),
        [rsa],
        'good',
      ],
      [
        'RSA, version 3, over other bytes',
        withVersion3(268, (p) => signVersion3(secret, p.payload)),
        [rsa],
        'bad_signature',
        { rpmkeysOk: false },
      ],
      ['an unknown key', byRsa, [ed25519], 'unknown_key', { rpmkeysOk: false }],
      ['no key at all', byRsa, [], 'unknown_key', { rpmkeysOk: false }],
      [
        'an altered header',
        changed(byRsa, (parts) => lastByteOf(parts.header.subarray(0, -40))),
        [rsa],
        'altered',
        { rpmkeysOk: false },
      ],
      [
        'an altered header with new digests',
        changed(byRsa, (parts) => {
          parts.header[parts.header.indexOf('A package of a test')]! ^= 1;
          refreshDigests(parts);
        }),
        [rsa],
        'bad_signature',
        { rpmkeysOk: false },
      ],
      [
        'an altered payload',
        changed(byRsa, (parts) => lastByteOf(parts.payload)),
        [rsa],
        'altered',
        { rpmkeysOk: false },
      ],
      [
        'a key that expired since it signed',
        await signed(folder, plain, gpg, [old, at('20200115T000000')]),
        [old],
        'good',
      ],
      ['a signing subkey', await signed(folder, plain, gpg, [withSubkey]), [withSubkey], 'good'],
      // rpm with its own OpenPGP reader takes these four as well, which newer ones do not.
      [
        'a key that had expired when it signed',
        withVersion3(268, (p) => signVersion3(oldSecret, p.header)),
        [old],
        'expired_key',
      ],
      ['a key of 1024 bits', byShort, [short], 'weak'],
      ['a key of 1024 bits where SHA-1 is switched on', byShort, [short], 'good', { sha1: true }],
      [
        'SHA-1',
        withVersion3(268, (p) => signVersion3(secret, p.header, { digest: 'sha1' })),
        [rsa],
        'weak',
      ],
      [
        'SHA-1 where it is switched on',
        withVersion3(268, (p) => signVersion3(secret, p.header, { digest: 'sha1' })),
        [rsa],
        'good',
        { sha1: true },
      ],
      // Unlike rpm, we want one.
      ['no signature', plain, [rsa], 'unsigned'],
    ];
    for (const [what, rpm, keys, expected, { rpmkeysOk = true, sha1 = false } = {}] of cases) {
      const texts = keys.map((k) => k.armored);
      const path = join(folder, 'case.rpm');
      await writeFile(path, rpm);
      const theirs = await rpmkeys(folder, path, texts);
      expect({
        what,
        ours: await judged(rpm, texts, sha1),
        rpmkeys: theirs.ok,
        said: theirs.said,
      }).toMatchObject({
        what,
        ours: expected,
        rpmkeys: rpmkeysOk,
      });
    }
  },
  120_000,
);

it.skipIf(!hasRpmSigning)('takes nothing by a revoked key, whenever it signed', async () => {
  const folder = await temporaryFolder();
  const gpg = await createGpg();
  const key = await makeKey(gpg);
  const rpm = await signed(folder, await unsigned(folder), gpg, [key]);
  expect(await judged(rpm, [key.armored])).toBe('good');
  const certificate = join(gpg.home, 'openpgp-revocs.d', `${key.fingerprint.toUpperCase()}.rev`);
  // gpg puts a colon before the armour, so that nobody imports it by accident.
  await writeFile(certificate, (await readFile(certificate, 'utf8')).replace(':-----', '-----'));
  await gpg('--import', certificate);
  const { armored } = await exportKey(gpg, key.fingerprint);
  expect(await judged(rpm, [armored])).toBe('revoked_key');
});

it.skipIf(!hasRpmSigning)(
  'takes a signature of rpm 6, beside which others may be unknown',
  async () => {
    const folder = await temporaryFolder();
    const gpg = await createGpg();
    const [known, other] = [await makeKey(gpg), await makeKey(gpg, { algorithm: 'ed25519' })];
    const plain = await unsigned(folder);
    const { header } = takeApart(plain);
    const packets = [other, known].map(async (key) => signVersion4(gpg, folder, key, header));
    const texts = (await Promise.all(packets)).map((p) => `${p.toString('base64')}\0`);
    const rpm = changed(plain, ({ signature }) =>
      signature.set(278, { type: 8, count: texts.length, data: Buffer.from(texts.join('')) }),
    );
    expect(await judged(rpm, [known.armored])).toBe('good');
    expect(await judged(rpm, [known.armored, other.armored])).toBe('good');
    expect(await judged(rpm, [])).toBe('unknown_key');
    const wrong = changed(rpm, (parts) => {
      parts.header[parts.header.indexOf('A package of a test')]! ^= 1;
      refreshDigests(parts);
    });
    expect(await judged(wrong, [known.armored])).toBe('bad_signature');
  },
);

async function signVersion4(
  gpg: Gpg,
  folder: string,
  { fingerprint }: GpgKey,
  data: Buffer,
): Promise<Buffer> {
  const path = join(folder, `data-${fingerprint}`);
  await writeFile(path, data);
  await gpg('--detach-sign', '--local-user', fingerprint, '--output', `${path}.sig`, path);
  return readFile(`${path}.sig`);
}

it.skipIf(!hasRpmSigning)(
  'says no before the last byte as soon as the header is there, and yes too',
  async () => {
    const folder = await temporaryFolder();
    const gpg = await createGpg();
    const key = await makeKey(gpg);
    const rpm = await signed(folder, await unsigned(folder), gpg, [key]);
    const { payload } = takeApart(rpm);
    const headerEnd = rpm.length - payload.length;
    const read = async (start: number, length: number) => rpm.subarray(start, start + length);
    const rules = { when: 'when_signed', allowSha1: false } as const;
    const certificates = await readCertificates(Buffer.from(key.armored));
    const good = createRpmCheck('weir', { ...rules, certificates });
    for (let there = 0; there < headerEnd; there += 97) {
      expect(await good.start(read, there)).toBe(false);
    }
    expect(await good.start(read, headerEnd)).toBe(true);
    const bad = createRpmCheck('weir', { ...rules, certificates: [] });
    await expect(bad.start(read, headerEnd)).rejects.toMatchObject({
      kind: 'untrusted',
      message: expect.stringMatching(
        /^weir is refused: its signature cannot be trusted: it is by key [0-9a-f]{16}, which is none of gpg_keys$/,
      ),
    });
  },
);
