import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createRpmCheck } from '../../../src/mirror/trust/rpm-check.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { createGpg, makeKey, signRpm } from '../../support/rpm-signing.ts';
import { takeApart } from '../../support/rpm-surgery.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { signVersion3 } from '../../support/version-3.ts';
import { startRepository } from '../repository.ts';
import { changed, judged, secretOf, unsigned } from './rpms.ts';

const usual = limits.rpmHeader;
afterEach(() => {
  limits.rpmHeader = usual;
});

/** A signed rpm, with the key. */
async function signedRpm() {
  const folder = await temporaryFolder();
  const gpg = await createGpg();
  const key = await makeKey(gpg);
  await unsigned(folder);
  const path = join(folder, 'built/Packages/weir-1.0-1.noarch.rpm');
  await signRpm(gpg, path, key);
  return { gpg, key, rpm: await readFile(path) };
}

it.skipIf(!hasRpmSigning)('reads no headers that are larger than the limit', async () => {
  const { key, rpm } = await signedRpm();
  const size = rpm.length - takeApart(rpm).payload.length - 96;
  limits.rpmHeader = size;
  expect(await judged(rpm, [key.armored])).toBe('good');
  limits.rpmHeader = size - 8;
  const certificates = await readCertificates(Buffer.from(key.armored));
  const rules = { certificates, when: 'when_signed', allowSha1: false } as const;
  let most = 0;
  const read = async (start: number, length: number) => {
    most = Math.max(most, length);
    return rpm.subarray(start, start + length);
  };
  await expect(createRpmCheck('weir', rules).start(read, rpm.length)).rejects.toMatchObject({
    kind: 'untrusted',
    message: expect.stringMatching(/headers have \d+ bytes, more than limits\.rpm_header$/),
  });
  expect(most).toBe(16);
});

it.skipIf(!hasRpmSigning)('serves an rpm once the limit lets its headers be read', async () => {
  const { key, rpm } = await signedRpm();
  const href = 'Packages/weir.rpm';
  const { upstream } = await startRepository({
    only: ['primary'],
    packages: [{ name: 'weir', version: '1.0', bytes: rpm, href }],
  });
  const { url, sync } = await startApp([
    {
      label: 'a',
      upstream: upstream.url,
      gpg_keys: [key.armored],
      verify: { packages: 'signature' },
    },
  ]);
  await sync('a');
  const status = async () => (await fetch(`${url}/channels/a/${href}`)).status;
  limits.rpmHeader = 100;
  expect(await status()).toBe(502);
  limits.rpmHeader = usual;
  expect(await status()).toBe(200);
});

it.skipIf(!hasRpmSigning)('takes no rpm with more than eight signatures', async () => {
  const { gpg, key, rpm } = await signedRpm();
  const secret = await secretOf(gpg, key);
  const withMore = (count: number) =>
    changed(rpm, ({ signature, header }) => {
      const text = `${signVersion3(secret, header).toString('base64')}\0`;
      signature.set(278, { type: 8, count, data: Buffer.from(text.repeat(count)) });
    });
  expect(await judged(withMore(7), [key.armored])).toBe('good');
  expect(await judged(withMore(8), [key.armored])).toBe('too_many_signatures');
  expect(await judged(withMore(65), [key.armored])).toBe('invalid');
});
