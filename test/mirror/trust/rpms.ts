import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrivateKey, readPrivateKey } from 'openpgp';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createRpmCheck } from '../../../src/mirror/trust/rpm-check.ts';
import { buildRpm } from '../../support/rpm-repository.ts';
import type { Gpg, GpgKey } from '../../support/rpm-signing.ts';
import { putTogether, type RpmParts, takeApart } from '../../support/rpm-surgery.ts';

/** What our check says: `good`, or the problem of its error, or its kind where it is no rpm. */
export async function judged(rpm: Buffer, keys: string[], allowSha1 = false): Promise<string> {
  const certificates = (
    await Promise.all(keys.map((key) => readCertificates(Buffer.from(key))))
  ).flat();
  const check = createRpmCheck('weir', { certificates, when: 'when_signed', allowSha1 });
  const read = async (start: number, length: number) => rpm.subarray(start, start + length);
  return check.end(read, rpm.length).then(
    () => 'good',
    (error) => error.detail?.problem ?? error.kind,
  );
}

/** An rpm that is not signed. */
export async function unsigned(folder: string): Promise<Buffer> {
  await buildRpm(join(folder, 'built'), 'weir', '1.0');
  return readFile(join(folder, 'built/Packages/weir-1.0-1.noarch.rpm'));
}

export const secretOf = async (gpg: Gpg, key: GpgKey): Promise<PrivateKey> =>
  readPrivateKey({ armoredKey: await gpg('--armor', '--export-secret-keys', key.fingerprint) });

/** The rpm with parts changed. */
export function changed(rpm: Buffer, change: (parts: RpmParts) => void): Buffer {
  const parts = takeApart(rpm);
  change(parts);
  return putTogether(parts);
}
