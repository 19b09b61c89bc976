import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type ChecksumType, checksumOf, passingHash, sameChecksum } from '../../src/base/digest.ts';

const lengths = { md5: 32, sha: 40, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 };
const types = Object.entries(lengths) as [ChecksumType, number][];

it.each(types)('A %s has %d hexadecimal digits', (type, length) => {
  const hex = 'a1'.repeat(length / 2);
  expect(checksumOf(type, hex)).toEqual({ type, value: hex });
  expect(checksumOf(` ${type.toUpperCase()} `, `\n${hex.toUpperCase()} `)).toEqual({
    type,
    value: hex,
  });
  expect(checksumOf(type, hex.slice(1))).toBeUndefined();
  expect(checksumOf(type, `${hex}0`)).toBeUndefined();
  expect(checksumOf(type, `${hex.slice(1)}g`)).toBeUndefined();
});

it.each([
  ['crc32', 'a1b2c3d4'],
  ['', ''],
  ['constructor', 'a1'],
  ['sha-256', 'a1'.repeat(32)],
])('The type %j is none that repositories use', (type, value) => {
  expect(checksumOf(type, value)).toBeUndefined();
});

it('sha is the old name of sha1', () => {
  const hex = 'a1'.repeat(20);
  const sha = checksumOf('sha', hex)!;
  expect(sameChecksum(sha, checksumOf('sha1', hex)!)).toBe(true);
  expect(sameChecksum(sha, checksumOf('sha1', 'b2'.repeat(20))!)).toBe(false);
  expect(sameChecksum({ type: 'md5', value: hex }, { type: 'sha1', value: hex })).toBe(false);
});

it.each(types)('Bytes are hashed as they pass, for sha256 and for %s', (type) => {
  const hash = passingHash(type);
  hash.update(Buffer.from('head'));
  hash.update(Buffer.from('water'));
  const expected = (name: string) => createHash(name).update('headwater').digest('hex');
  expect(hash.digest()).toEqual({
    sha256: expected('sha256'),
    wanted: { type, value: expected(type === 'sha' ? 'sha1' : type) },
  });
});
