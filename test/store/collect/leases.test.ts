import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createDigestMap } from '../../../src/store/collect/digest-map.ts';
import { createLeases } from '../../../src/store/collect/leases.ts';

const name = (text: string) => createHash('sha256').update(text).digest('hex');
const [a, b, c] = ['a', 'b', 'c'].map(name) as [string, string, string];

it('spares what is held, also where the lease ended in the middle of a collection', async () => {
  const leases = createLeases();
  const lease = await leases.take();
  await lease.hold([a]);
  const collection = leases.begin(async () => {}, 0);
  expect(collection.condemn([a, b, c])).toEqual([b, c]);
  collection.removed();
  await lease.hold([b]);
  lease.end();
  expect(collection.condemn([a, b, c])).toEqual([c]);
  collection.end();
  const next = leases.begin(async () => {}, 0);
  expect(next.condemn([a, b, c])).toEqual([a, b, c]);
  next.end();
});

it('lets who wants to hold what is being removed wait until that is done', async () => {
  const leases = createLeases();
  const lease = await leases.take();
  const collection = leases.begin(async () => {}, 0);
  collection.condemn([a, b]);
  const order: string[] = [];
  const held = Promise.all([
    lease.hold([c]).then(() => order.push('c')),
    lease.hold([a]).then(() => order.push('a')),
    leases.use(b).then(() => order.push('b')),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  order.push('removed');
  collection.removed();
  await held;
  expect(order).toEqual([
    'c',
    'removed',
    expect.stringMatching(/[ab]/),
    expect.stringMatching(/[ab]/),
  ]);
  collection.end();
});

it('has a collection keep the revisions that operations begin to work on', async () => {
  const leases = createLeases();
  const before = await leases.take([a]);
  const kept: string[][] = [];
  const collection = leases.begin(async (roots) => void kept.push(roots), 0);
  expect(collection.roots).toEqual([a]);
  before.end();
  const after = await leases.take([b]);
  expect(kept).toEqual([[b]]);
  after.end();
  collection.end();
});

it('says since when the oldest operation runs, and what clients asked for lately', async () => {
  const leases = createLeases();
  const idle = leases.begin(async () => {}, 60_000);
  expect(idle.oldest()).toBeUndefined();
  await leases.use(a);
  expect(idle.condemn([a, b])).toEqual([b]);
  idle.end();
  const from = Date.now();
  const lease = await leases.take();
  const busy = leases.begin(async () => {}, 0);
  expect(busy.oldest()).toBeGreaterThanOrEqual(from);
  lease.end();
  expect(busy.oldest()).toBeUndefined();
  busy.end();
});

it('holds many digests with their numbers', () => {
  const map = createDigestMap();
  const names = Array.from({ length: 20_000 }, () => randomBytes(32).toString('hex'));
  for (const [i, one] of names.entries()) map.set(one, (i % 65_535) + 1);
  map.set(names[0]!, 7);
  expect(map.size).toBe(names.length);
  expect(map.get(names[0]!)).toBe(7);
  for (const [i, one] of names.entries()) if (i > 0) expect(map.get(one)).toBe((i % 65_535) + 1);
  expect(map.get(randomBytes(32).toString('hex'))).toBe(0);
});
