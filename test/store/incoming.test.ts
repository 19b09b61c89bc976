import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Incoming } from '../../src/store/objects/incoming.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { temporaryFolder } from '../support/app.ts';

async function store() {
  const root = await temporaryFolder();
  const objects = createObjects(dataPaths(root));
  return { objects, left: () => readdir(join(root, 'tmp')) };
}

const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));

async function readAll(incoming: Incoming, start = 0, end = bytes.length - 1): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('gives bytes while they arrive, but the last only after the commit', async () => {
  const { objects } = await store();
  const incoming = await objects.incoming();
  incoming.expect(bytes.length);
  const chunks: Buffer[] = [];
  const reading = (async () => {
    for await (const chunk of incoming.read(0, bytes.length - 1)) chunks.push(chunk);
  })();
  await incoming.write(bytes.subarray(0, 2000));
  while (Buffer.concat(chunks).length < 2000) await turn();
  await incoming.write(bytes.subarray(2000));
  while (Buffer.concat(chunks).length < bytes.length - 1024) await turn();
  for (let i = 0; i < 50; i++) await turn();
  expect(Buffer.concat(chunks)).toHaveLength(bytes.length - 1024);
  expect(await objects.find(hash('sha256', bytes))).toBeUndefined();

  const stored = await incoming.commit();
  await reading;
  expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
  expect(stored).toMatchObject({ sha256: hash('sha256', bytes), size: bytes.length });
  expect(bytes.equals(await objects.read(stored.sha256))).toBe(true);
});

it('gives nothing before the commit where the size is not known', async () => {
  const { objects } = await store();
  const incoming = await objects.incoming();
  await incoming.write(bytes);
  let got = 0;
  const reading = readAll(incoming).then((all) => {
    got = all.length;
  });
  for (let i = 0; i < 50; i++) await turn();
  expect(got).toBe(0);
  await incoming.commit();
  await reading;
  expect(got).toBe(bytes.length);
});

it('gives any part to readers that come before, during and after the commit', async () => {
  const { objects, left } = await store();
  for (let round = 0; round < 40; round++) {
    const content = Buffer.concat([Buffer.from(`${round}-`), bytes]);
    const incoming = await objects.incoming();
    incoming.expect(content.length);
    await incoming.write(content);
    const readers: Promise<Buffer>[] = [];
    let over = false;
    const commit = incoming.commit().finally(() => {
      over = true;
    });
    while (!over) {
      readers.push(readAll(incoming, 10, content.length - 1));
      await turn();
    }
    await commit;
    readers.push(readAll(incoming, 10, content.length - 1));
    for (const reader of readers) expect(content.subarray(10).equals(await reader)).toBe(true);
  }
  expect(await left()).toEqual([]);
});

it('ends readers with the reason when it is discarded, those too that come later', async () => {
  const { objects, left } = await store();
  const incoming = await objects.incoming();
  incoming.expect(bytes.length);
  await incoming.write(bytes);
  const waiting = readAll(incoming);
  waiting.catch(() => {});
  await turn();
  const reason = new Error('wrong bytes');
  await incoming.discard(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(readAll(incoming)).rejects.toBe(reason);
  expect(await objects.find(hash('sha256', bytes))).toBeUndefined();
  expect(await left()).toEqual([]);
});

it('keeps one object where the same bytes come twice, and discards nothing that was committed', async () => {
  const { objects, left } = await store();
  const both = await Promise.all([objects.incoming(), objects.incoming()]);
  for (const incoming of both) await incoming.write(bytes);
  const [a, b] = await Promise.all(both.map((incoming) => incoming.commit()));
  expect(a).toEqual(b);
  for (const incoming of both) await incoming.discard();
  expect(bytes.equals(await objects.read(a!.sha256))).toBe(true);
  expect(await left()).toEqual([]);
});

it('knows an object by another checksum, and sweeps what an earlier process left', async () => {
  const { objects, left } = await store();
  const sha256 = await objects.put(bytes);
  const checksum = { type: 'sha512' as const, value: hash('sha512', bytes) };
  expect(await objects.findBy(checksum)).toBeUndefined();
  await objects.alias(checksum, sha256);
  expect(await objects.findBy(checksum)).toMatchObject({ sha256, size: bytes.length });
  const half = await objects.incoming();
  await half.write(bytes);
  expect(await left()).toHaveLength(1);
  expect(await objects.sweepTemporary()).toBe(1);
  expect(await left()).toEqual([]);
  await half.discard();
});
