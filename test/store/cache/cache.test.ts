import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { BitSet } from '../../../src/base/bit-set.ts';
import { openCache, type Piece } from '../../../src/store/cache/cache.ts';
import { openRenders, type StoredFile } from '../../../src/store/cache/renders.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { temporaryFolder } from '../../support/app.ts';

const keyOf = (text: string) => createHash('sha256').update(text).digest();
const about = { raw: 10, crc: 0xffffffff };

async function start() {
  const paths = dataPaths(await temporaryFolder());
  const open = () => {
    const cache = openCache(paths);
    onTestFinished(cache.close);
    return cache;
  };
  const bytesOf = ({ file, offset, length }: Piece) =>
    readFileSync(paths.pieceFile(file)).subarray(offset, offset + length);
  return { paths, open, bytesOf };
}

const render = (key: string, pieces: Piece[]) => ({
  key: key.repeat(64),
  packages: new BitSet([1, 70]),
  catalogue: 'c',
  remarks: ['one'],
  files: [
    {
      path: 'repodata/repomd.xml',
      type: 'repomd',
      sha256: '',
      size: 0,
      parts: pieces.map(({ file, offset, length }) => ({
        in: 'cache' as const,
        name: String(file),
        offset,
        length,
      })),
    },
  ] satisfies StoredFile[],
});

it('Pieces are found as soon as they are added, and after a commit for good', async () => {
  const { open, bytesOf } = await start();
  const cache = open();
  const added = ['a', 'b', 'c'].map((t) => cache.add(keyOf(t), Buffer.from(t.repeat(9)), about));
  expect(cache.find(keyOf('b'))).toEqual(added[1]);
  await cache.commit();
  expect(cache.find(keyOf('b'))).toMatchObject(added[1]!);
  cache.close();
  const again = open();
  expect(String(bytesOf(again.find(keyOf('c'))!))).toBe('ccccccccc');
  expect(again.find(keyOf('c'))).toMatchObject(about);
  expect(again.find(keyOf('d'))).toBeUndefined();
  // What comes now does not overwrite what is there.
  const more = again.add(keyOf('d'), Buffer.from('dddd'), about);
  expect(String(bytesOf(more))).toBe('dddd');
  expect(String(bytesOf(again.find(keyOf('a'))!))).toBe('aaaaaaaaa');
});

it('What was not committed is forgotten', async () => {
  const { open } = await start();
  const cache = open();
  cache.add(keyOf('a'), Buffer.from('a'), about);
  cache.close();
  expect(open().find(keyOf('a'))).toBeUndefined();
});

it('A render is read by others as it was written', async () => {
  const { open, paths } = await start();
  const cache = open();
  const piece = cache.add(keyOf('a'), Buffer.from('a'), about);
  await cache.commit(render('1', [piece]));
  const reader = openRenders(paths);
  onTestFinished(() => void reader.close());
  const found = reader.find('1'.repeat(64))!;
  expect([...found.packages]).toEqual([1, 70]);
  expect({ ...found, packages: undefined }).toEqual({
    ...render('1', [piece]),
    packages: undefined,
  });
  expect(reader.find('2'.repeat(64))).toBeUndefined();
});

it('Sweeping gives space free, and takes nothing that is used', async () => {
  const { open, paths, bytesOf } = await start();
  const cache = open();
  const big = () => randomBytes(100_000);
  const [one, two] = ['1', '2'].map((k) => k.repeat(64));
  const used = cache.add(keyOf('used'), big(), about);
  const bytes = Buffer.from(bytesOf(used));
  await cache.commit(render('1', [used]));
  const nothing = { count: 0, bytes: 0 };
  expect(cache.sweep([], 0, false)).toEqual(nothing);
  for (const name of ['x', 'y']) cache.add(keyOf(name), big(), about);
  await cache.commit(render('2', [cache.find(keyOf('x'))!]));
  expect(readdirSync(paths.pieces)).toHaveLength(2);
  // Both were used today.
  expect(cache.sweep([one!, two!], 0, false)).toEqual(nothing);
  const db = new Database(paths.cacheDatabase);
  onTestFinished(() => void db.close());
  db.exec('UPDATE piece SET used = used - 9; UPDATE render SET used = used - 9');
  const gone = { count: 1, bytes: 200_000 };
  expect(cache.sweep([one!], 7, true)).toEqual(gone);
  expect(readdirSync(paths.pieces)).toHaveLength(2);
  expect(cache.sweep([one!], 7, false)).toEqual(gone);
  expect(bytesOf(cache.find(keyOf('used'))!).equals(bytes)).toBe(true);
  expect(cache.find(keyOf('x'))).toBeUndefined();
  // Nobody who remembers a place finds other bytes there.
  const next = cache.add(keyOf('next'), Buffer.from('n'), about);
  expect(next.file).toBeGreaterThan(2);
  expect(statSync(paths.pieceFile(1)).size).toBe(100_000);
});
