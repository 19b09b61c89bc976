import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createJudge } from '../../../src/mirror/trust/verify.ts';
import { createGpg, makeKey } from '../../support/rpm-signing.ts';
import { hasRpmSigning } from '../../support/tools.ts';

const kinds: [string, string][] = [
  ['rsa3072', 'sha224'],
  ['rsa3072', 'sha384'],
  ['dsa2048', 'sha256'],
  ['nistp256', 'sha256'],
  ['nistp384', 'sha384'],
  ['nistp521', 'sha512'],
  ['ed25519', 'sha512'],
];

it.skipIf(!hasRpmSigning).each(kinds)(
  'takes what gpg signs with %s over %s',
  async (algorithm, digest) => {
    const gpg = await createGpg();
    const key = await makeKey(gpg, { algorithm });
    const path = join(gpg.home, 'data');
    const data = Buffer.alloc(100_000, 'data ');
    await writeFile(path, data);
    await gpg('--detach-sign', '--digest-algo', digest, '--output', `${path}.sig`, path);
    const signature = await readFile(`${path}.sig`);
    const certificates = await readCertificates(Buffer.from(key.armored));
    const judged = async (bytes: Buffer) => {
      const signed = async function* () {
        for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
      };
      return createJudge(signed, { certificates, when: 'now', allowSha1: false })(signature);
    };
    expect((await judged(data)).problem).toBeUndefined();
    data[50_000]! ^= 1;
    expect((await judged(data)).problem).toBe('bad_signature');
  },
);
