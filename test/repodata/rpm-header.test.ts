import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { findHeaders, readHeader } from '../../src/repodata/rpm-header.ts';
import { readSignatures } from '../../src/repodata/rpm-signature.ts';
import { projectRoot } from '../support/tools.ts';

const folder = join(projectRoot, 'fixtures/repodata/ol7/getPackage');
const names = readdirSync(folder);
const rpm = readFileSync(join(folder, names[0]!));

const reading = (bytes: Buffer) => async (start: number, length: number) =>
  bytes.subarray(start, start + length);

async function parts(bytes: Buffer) {
  const extents = (await findHeaders(reading(bytes), bytes.length))!;
  const cut = ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
  return { signature: cut(extents.signature), header: cut(extents.header) };
}

it.each(names)('reads name, digests and payload digest of %s', async (name) => {
  const { signature, header } = await parts(readFileSync(join(folder, name)));
  const read = readSignatures(signature, header);
  expect(read).toMatchObject({ header: [], whole: [], wrongDigests: [] });
  expect(read.payload?.type).toBe('sha256');
  const [packageName] = readHeader(header, 'header').strings(1000)!;
  expect(name.startsWith(`${packageName}-`)).toBe(true);
});

it('waits for more bytes rather than guess', async () => {
  const { end } = (await findHeaders(reading(rpm), rpm.length))!.signature;
  for (const there of [0, 95, 111, end, end + 15]) {
    expect(await findHeaders(reading(rpm), there)).toBeUndefined();
  }
});

it('tells that a header digest is wrong', async () => {
  const { signature, header } = await parts(rpm);
  const altered = Buffer.from(header);
  altered[altered.length - 40]! ^= 1;
  expect(readSignatures(signature, altered).wrongDigests).toEqual(['sha1', 'sha256']);
});

/** A copy with a 32 bit number written somewhere. */
const patched = (at: number, value: number): Buffer => {
  const copy = Buffer.from(rpm);
  copy.writeUInt32BE(value, at);
  return copy;
};

it.each([
  ['another magic', patched(0, 1), /does not begin as one/],
  ['no signature header', patched(96, 1), /its signature does not begin as one/],
  ['more entries than rpm allows', patched(104, 33), /its signature says it has 33 entries/],
  ['no entries', patched(104, 0), /0 entries/],
  ['more bytes than rpm allows', patched(108, 64 * 1024 * 1024 + 1), /and 67108865 bytes/],
])('refuses an rpm with %s', async (_, bytes, sentence) => {
  await expect(findHeaders(reading(bytes), bytes.length)).rejects.toThrow(sentence);
  await expect(findHeaders(reading(bytes), bytes.length)).rejects.toMatchObject({
    kind: 'invalid',
  });
});

it('refuses a header with entries beside the signed region', async () => {
  const { header } = await parts(rpm);
  const copy = Buffer.from(header);
  const offset = copy.readUInt32BE(16 + 8);
  const data = 16 + copy.readUInt32BE(8) * 16;
  copy.writeInt32BE(copy.readInt32BE(data + offset + 8) + 16, data + offset + 8);
  expect(() => readHeader(copy, 'header')).toThrow(/one whole signed region/);
});

it('ends with a value or a sentence on whatever bytes are changed', async () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const { header } = (await findHeaders(reading(rpm), rpm.length))!;
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const copy = Buffer.from(rpm.subarray(0, random(8) === 0 ? random(rpm.length) : rpm.length));
    for (let i = 0; i <= random(4) && copy.length > 0; i++) {
      copy[random(Math.min(header.end, copy.length))] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
    }
    try {
      const extents = await findHeaders(reading(copy), copy.length);
      if (!extents || extents.header.end > copy.length) continue;
      const { signature, header: main } = await parts(copy);
      readSignatures(signature, main);
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(AppError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
