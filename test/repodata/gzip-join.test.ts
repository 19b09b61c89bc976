import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { crc32, gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { deflatePiece, gzipHeader, gzipSum } from '../../src/repodata/gzip-join.ts';

const pieces = [
  Buffer.from('<metadata>\n'),
  Buffer.from('<package>é</package>\n'.repeat(5000)),
  Buffer.alloc(0),
  Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251)),
  Buffer.from('</metadata>\n'),
];

async function joined(): Promise<Buffer> {
  const sum = gzipSum();
  const parts: Buffer[] = [gzipHeader];
  for (const raw of pieces) {
    parts.push(await deflatePiece(Buffer.from(raw)));
    sum.add(crc32(raw), raw.length);
  }
  return Buffer.concat([...parts, sum.footer()]);
}

it('Pieces that were compressed by themselves are one gzip member together', async () => {
  const bytes = await joined();
  expect(gunzipSync(bytes).equals(Buffer.concat(pieces))).toBe(true);
  // A second member would begin with the header of the first.
  expect(bytes.indexOf(gzipHeader.subarray(0, 4), 4)).toBe(-1);
});

it('gzip and Python read it', async () => {
  const input = await joined();
  expect(spawnSync('gzip', ['-t'], { input }).status).toBe(0);
  const program =
    'import gzip,sys,hashlib;print(hashlib.sha256(gzip.decompress(sys.stdin.buffer.read())).hexdigest())';
  const { stdout } = spawnSync('python3', ['-c', program], { input });
  expect(String(stdout).trim()).toBe(
    createHash('sha256').update(Buffer.concat(pieces)).digest('hex'),
  );
});

it('gzip refuses it where a piece was changed', async () => {
  const bytes = await joined();
  bytes[bytes.length - 6]! ^= 1;
  expect(spawnSync('gzip', ['-t'], { input: bytes }).status).not.toBe(0);
});
