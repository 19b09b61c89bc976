import { hash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCertificates } from '../../../src/mirror/trust/certificates.ts';
import { createJudge } from '../../../src/mirror/trust/verify.ts';
import { createGpg, type Gpg, makeKey } from '../../support/rpm-signing.ts';
import { hasRpmSigning } from '../../support/tools.ts';

const data = Buffer.from('what is signed');

/** An odd number of so many bytes, the first bit set. */
function number(bytes: number): Buffer {
  const made = randomBytes(bytes);
  made[0]! |= 0x80;
  made[bytes - 1]! |= 1;
  return made;
}

function mpi(bytes: Buffer): Buffer {
  const bits = Buffer.alloc(2);
  bits.writeUInt16BE((bytes.length - 1) * 8 + 32 - Math.clz32(bytes[0]!));
  return Buffer.concat([bits, bytes]);
}

function packet(tag: number, body: Buffer): Buffer {
  const head = Buffer.from([0xc0 | tag, 0xff, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** A key of version 4 of these numbers, which nobody has signed, and its id. */
function keyOf(algorithm: number, numbers: Buffer[]) {
  const body = Buffer.concat([Buffer.from([4, 0x50, 0, 0, 0, algorithm]), ...numbers.map(mpi)]);
  const size = Buffer.alloc(3, 0x99);
  size.writeUInt16BE(body.length, 1);
  const id = hash('sha1', Buffer.concat([size, body])).slice(-16);
  return { bytes: Buffer.concat([packet(6, body), packet(13, Buffer.from('V'))]), id };
}

/** A signature of version 4 with the right first bytes of the digest, so that its numbers are what is looked at. */
function signatureBy(algorithm: number, keyId: string, numbers: Buffer[]): Buffer {
  const hashed = Buffer.from([4, 0, algorithm, 8, 0, 6, 5, 2, 0x60, 0, 0, 0]);
  const trailer = Buffer.from([4, 0xff, 0, 0, 0, hashed.length]);
  const left = hash('sha256', Buffer.concat([data, hashed, trailer]), 'buffer').subarray(0, 2);
  const issuer = Buffer.concat([Buffer.from([0, 10, 9, 16]), Buffer.from(keyId, 'hex')]);
  return packet(2, Buffer.concat([hashed, issuer, left, ...numbers.map(mpi)]));
}

/** Judges, and counts how often the data is read. */
async function judged(signature: Buffer, certificate: Buffer, allowSha1 = true) {
  let reads = 0;
  const signed = async function* () {
    reads++;
    yield data;
  };
  const certificates = await readCertificates(certificate);
  const judge = createJudge(signed, { certificates, when: 'now', allowSha1 });
  const start = performance.now();
  const { problem, reason } = await judge(signature);
  return { problem, reason, reads, ms: performance.now() - start };
}

const exponent = Buffer.from([1, 0, 1]);

it.each([
  ['RSA of 16392 bits', 1, [number(2049), exponent], 'unusable_key', /RSA key has 16392 bits/],
  ['RSA of 64000 bits', 1, [number(8000), number(8000)], 'unusable_key', /RSA key has 64000 bits/],
  ['an RSA exponent', 1, [number(256), number(256)], 'unusable_key', /an exponent of 2048 bits/],
  ['RSA of 512 bits', 1, [number(64), exponent], 'weak', /RSA key has only 512 bits/],
  [
    'DSA of 32000 bits',
    17,
    [number(4000), number(4000), number(3999), number(3999)],
    'unusable_key',
    /DSA key has 32000 bits/,
  ],
  [
    'DSA with a large q',
    17,
    [number(256), number(65), number(255), number(255)],
    'unusable_key',
    /numbers that are too large/,
  ],
  [
    'DSA with a large g',
    17,
    [number(256), number(32), number(4000), number(255)],
    'unusable_key',
    /numbers that are too large/,
  ],
] as const)('computes nothing with %s', async (_, algorithm, numbers, problem, sentence) => {
  const key = keyOf(algorithm, [...numbers]);
  const size = algorithm === 17 ? [31, 31] : [64];
  const signature = signatureBy(algorithm, key.id, size.map(number));
  const found = await judged(signature, key.bytes);
  expect(found).toMatchObject({ problem, reason: expect.stringMatching(sentence), reads: 0 });
});

it('takes no second over the largest numbers that it computes with', async () => {
  const dsa = keyOf(17, [number(512), number(64), number(511), number(511)]);
  const signature = signatureBy(17, dsa.id, [number(63), number(63)]);
  const found = await judged(Buffer.concat(Array(9).fill(signature)), dsa.bytes);
  expect(found).toMatchObject({ problem: 'bad_signature', reads: 1 });
  expect(found.ms).toBeLessThan(1500);
  const rsa = keyOf(1, [number(2048), number(4)]);
  const other = await judged(signatureBy(1, rsa.id, [number(2047)]), rsa.bytes);
  expect(other).toMatchObject({ problem: 'bad_signature', reads: 1 });
  expect(other.ms).toBeLessThan(1500);
});

async function signed(gpg: Gpg, fingerprint: string): Promise<Buffer> {
  const path = join(gpg.home, 'data');
  await writeFile(path, data);
  await gpg('--detach-sign', '--local-user', fingerprint, '--output', `${path}.sig`, path);
  return readFile(`${path}.sig`);
}

it.skipIf(!hasRpmSigning)(
  'tries three signatures of a key and eight in all, whatever else stands before',
  async () => {
    const gpg = await createGpg();
    const keys = [await makeKey(gpg), await makeKey(gpg), await makeKey(gpg), await makeKey(gpg)];
    const last = keys[3]!;
    const good = await signed(gpg, last.fingerprint);
    const all = Buffer.from(keys.map((k) => k.armored).join('\n'));
    const wrong = ({ fingerprint }: { fingerprint: string }, times: number): Buffer[] =>
      Array.from({ length: times }, () => signatureBy(1, fingerprint.slice(-16), [number(255)]));
    const stranger = Array(10).fill(signatureBy(1, '0123456789abcdef', [number(255)]));
    const problemOf = async (...parts: Buffer[]) =>
      (await judged(Buffer.concat(parts), all)).problem;
    expect(await problemOf(...stranger, ...wrong(last, 2), good)).toBeUndefined();
    expect(await problemOf(...wrong(last, 3), good)).toBe('bad_signature');
    const [a, b, c] = keys as [typeof last, typeof last, typeof last];
    expect(await problemOf(...wrong(a, 3), ...wrong(b, 3), ...wrong(c, 1), good)).toBeUndefined();
    expect(await problemOf(...wrong(a, 3), ...wrong(b, 3), ...wrong(c, 2), good)).toBe(
      'bad_signature',
    );
  },
);
