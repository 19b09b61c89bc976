import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivateKey } from 'openpgp';
import { expect, it } from 'vitest';
import { dearmor } from '../../../src/mirror/trust/armor.ts';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createJudge } from '../../../src/mirror/trust/verify.ts';
import { startApp } from '../../support/app.ts';
import { createGpg, type Gpg, makeKey } from '../../support/rpm-signing.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { signVersion3 } from '../../support/version-3.ts';
import { invented, startRepository } from '../repository.ts';

const textMode = ['--textmode', '--armor', '--detach-sign'];

const gpgTakes = (gpg: Gpg, signature: string, path: string): Promise<boolean> =>
  gpg('--verify', signature, path).then(
    () => true,
    () => false,
  );

it.skipIf(!hasRpmSigning)('takes a repomd.xml that is signed as text', async () => {
  const gpg = await createGpg();
  const key = await makeKey(gpg);
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  const path = join(upstream.folder, 'repodata/repomd.xml');
  await gpg(...textMode, path);
  expect(await gpgTakes(gpg, `${path}.asc`, path)).toBe(true);
  const { sync, app } = await startApp([
    { label: 'a', upstream: upstream.url, gpg_keys: [key.armored], verify: { repomd: 'required' } },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
  const { trust } = await app.operations.showSource('a');
  expect(trust).toMatchObject({ result: 'verified', key: key.fingerprint });
});

it.skipIf(!hasRpmSigning)(
  'judges signatures of text as gpg does, whatever lines end in',
  async () => {
    const gpg = await createGpg();
    const [rsa, ed25519] = [await makeKey(gpg), await makeKey(gpg, { algorithm: 'ed25519' })];
    const path = join(gpg.home, 'text');
    const secret = await readPrivateKey({
      armoredKey: await gpg('--armor', '--export-secret-keys', rsa.fingerprint),
    });
    const certificates = await readCertificates(Buffer.from(rsa.armored + ed25519.armored));
    const original = Buffer.from('one \n\ntwo\tü\xff\nlast', 'latin1');
    const canonical = Buffer.from('one \r\n\r\ntwo\tü\xff\r\nlast', 'latin1');
    const signatures: Buffer[] = [signVersion3(secret, canonical, { type: 1 })];
    for (const { fingerprint } of [rsa, ed25519]) {
      await writeFile(path, original);
      await gpg(...textMode, '--local-user', fingerprint, path);
      signatures.push(dearmor(await readFile(`${path}.asc`), 'SIGNATURE'));
    }
    const variants: [string, boolean][] = [
      ['one \n\ntwo\tü\xff\nlast', true],
      ['one \r\n\r\ntwo\tü\xff\r\nlast', true],
      ['one \r\r\n\ntwo\tü\xff\nlast\r', true],
      ['one\n\ntwo\tü\xff\nlast', false],
      ['one \n\ntwo\tü\xff\nlast\n', false],
      ['one \r\rtwo\tü\xff\nlast', false],
      ['one \n\ntwo\tü\xfe\nlast', false],
    ];
    for (const [i, signature] of signatures.entries()) {
      for (const [text, right] of variants) {
        const bytes = Buffer.from(text, 'latin1');
        await writeFile(path, bytes);
        await writeFile(`${path}.sig`, signature);
        const signed = async function* () {
          yield bytes;
        };
        const judged = async (allowText: boolean) =>
          createJudge(signed, { certificates, when: 'now', allowSha1: false, allowText })(
            signature,
          );
        const about = `${i} ${JSON.stringify(text)}`;
        expect(await gpgTakes(gpg, `${path}.sig`, path), `gpg ${about}`).toBe(right);
        expect((await judged(true)).problem, about).toBe(right ? undefined : 'bad_signature');
        expect((await judged(false)).problem, about).toBe('bad_signature');
      }
    }
  },
);
