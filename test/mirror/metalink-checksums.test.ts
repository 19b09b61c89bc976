import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { matchesMetalink } from '../../src/mirror/metalink-check.ts';
import { readMetalink } from '../../src/repodata/mirrorlist.ts';

const bytes = Buffer.from('<repomd/>');
const other = Buffer.from('<repomd>other</repomd>');
const sums = (of: Buffer, ...types: string[]) =>
  types.map((t) => `<hash type="${t}">${hash(t === 'sha' ? 'sha1' : t, of)}</hash>`).join('');
const verified = (hashes: string) => `<verification>${hashes}</verification>`;

function metalink(newest: string, alternates: string[] = []): string {
  const others = alternates.map((a) => `<alternate>${verified(a)}</alternate>`).join('');
  return `<metalink><files><file name="repomd.xml">${verified(newest)}<alternates>${others}</alternates><resources><url>http://host.test/repodata/repomd.xml</url></resources></file></files></metalink>`;
}

/** Whether a metalink takes the bytes, or the sentence that refuses it. */
function takes(newest: string, alternates: string[] = []): boolean | string {
  try {
    return matchesMetalink(bytes, readMetalink(metalink(newest, alternates)).versions);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

it('all checksums of one version have to be right', () => {
  expect(takes(sums(bytes, 'md5', 'sha1', 'sha256', 'sha512'))).toBe(true);
  expect(takes(sums(bytes, 'md5', 'sha1') + sums(other, 'sha256'))).toBe(false);
  expect(takes(sums(other, 'md5') + sums(bytes, 'sha256'))).toBe(false);
  expect(takes(sums(other, 'sha256'), [sums(bytes, 'sha256')])).toBe(true);
});

it('MD5 alone is no checksum, and SHA-1 alone only where nothing stronger is announced', () => {
  expect(takes(sums(bytes, 'md5'))).toBe(
    'the metalink has no checksum but MD5, which is not enough',
  );
  expect(takes(sums(other, 'sha256'), [sums(bytes, 'md5')])).toBe(false);
  expect(takes(sums(other, 'sha1'), [sums(bytes, 'md5')])).toBe(false);
  for (const type of ['sha', 'sha1']) {
    expect(takes(sums(bytes, type))).toBe(true);
    expect(takes(sums(bytes, 'md5', type))).toBe(true);
    expect(takes(sums(other, 'sha512'), [sums(bytes, 'md5', type)])).toBe(false);
  }
});

it('a hundred alternates are read, and no more', () => {
  const alternates = (count: number) => [
    ...Array<string>(count).fill(sums(other, 'sha256')),
    sums(bytes, 'sha256'),
  ];
  expect(takes(sums(other, 'sha256'), alternates(99))).toBe(true);
  expect(takes(sums(other, 'sha256'), alternates(100))).toBe(false);
});

it('a repomd.xml is summed once for each type, however many versions are announced', () => {
  const large = Buffer.alloc(4_000_000);
  const started = performance.now();
  hash('sha256', large);
  hash('sha512', large);
  const once = performance.now() - started;
  const version = (['sha256', 'sha512'] as const).map((type) => ({
    type,
    value: hash(type, large),
  }));
  const wrong = [version[0]!, { type: 'sha512' as const, value: '0'.repeat(128) }];
  const from = performance.now();
  expect(matchesMetalink(large, Array(500).fill(wrong))).toBe(false);
  expect(performance.now() - from).toBeLessThan(50 * once + 100);
});
