import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { channelWorld, reader } from './lists.ts';

const upstream = 'file:///nowhere/';
const definitions = [
  { label: 'base', upstream },
  { label: 'addons', upstream, parent: 'base' },
  { label: 'safe', from: ['base'], filters: [{ packages: { exclude: ['kernel*'] } }] },
];

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-22T10:00:00Z') }));
afterEach(() => vi.useRealTimers());

async function world() {
  const made = await channelWorld(definitions);
  const one = await reader(made.state);
  await made.attaching.attach(one, ['base', 'addons'], { by: 'user:admin' });
  const times = async () =>
    Object.fromEntries((await made.lists.list(one)).map((c) => [c.label, c.lastModified]));
  return { ...made, one, times };
}

it('moves with what the channel consists of, and not otherwise', async () => {
  const { changes, digests, times } = await world();
  const before = await times();
  expect(before.base).toMatch(/^20261122\d{6}$/);
  vi.advanceTimersByTime(60_000);
  await changes.changed('base');
  expect(await times()).toEqual(before);
  digests.set('base', 'base 2');
  await changes.changed('base');
  expect(await times()).toEqual({ ...before, base: '20261122100100' });
});

it('moves by a second at least, and never back, also where the clock does', async () => {
  const { changes, digests, times, reopen, one } = await world();
  const seen = [(await times()).base!];
  for (const [i, clock] of ['10:00:00', '10:00:00', '09:00:00', '08:00:00'].entries()) {
    vi.setSystemTime(Date.parse(`2026-11-22T${clock}Z`));
    digests.set('base', `base ${i + 2}`);
    await changes.changed('base');
    seen.push((await times()).base!);
  }
  expect(seen).toEqual(seen.toSorted());
  expect(new Set(seen).size).toBe(5);
  const again = await reopen();
  const [base] = await again.lists.list(one);
  expect(base!.lastModified).toBe(seen.at(-1));
  digests.set('base', 'base 9');
  await again.changes.lookAtAll();
  const [later] = await again.lists.list(one);
  expect(later!.lastModified > seen.at(-1)!).toBe(true);
});

it('moves for an instance that gets another view under the same label, and when that is taken away', async () => {
  const { lenses, lists, one, times } = await world();
  const seen = [(await times()).base!];
  const lens = { scope: 'instance', subject: String(one.id), label: 'base' } as const;
  await lenses.put({ ...lens, channel: 'safe', under: 'parent', definition: {} });
  expect(await lists.served(one, 'base')).toBe('safe');
  seen.push((await times()).base!);
  expect((await times()).base).toBe(seen.at(-1));
  await lenses.remove('instance', String(one.id), 'base');
  expect(await lists.served(one, 'base')).toBe('base');
  seen.push((await times()).base!);
  expect(seen).toEqual(seen.toSorted());
  expect(new Set(seen).size).toBe(3);
});

it('A view under a label of its own takes the place of its source, also as a parent', async () => {
  const { lenses, lists, one } = await world();
  const lens = { scope: 'group', subject: 'web', label: 'base' } as const;
  await lenses.put({ ...lens, channel: 'safe', under: 'own', definition: {} });
  const member = { ...one, groups: ['web'] };
  expect((await lists.list(member)).map((c) => [c.label, c.parent])).toEqual([
    ['safe', undefined],
    ['addons', 'safe'],
  ]);
  expect(await lists.served(member, 'safe')).toBe('safe');
  expect(await lists.served(member, 'base')).toBeUndefined();
  expect(await lists.served(one, 'base')).toBe('base');
});

it('Nobody goes round what is held back by way of the past, unless allowed to', async () => {
  const { attaching, lenses, lists, one } = await world();
  expect(await lists.served(one, 'base', '3')).toBe('base@3');
  const lens = { scope: 'instance', subject: String(one.id), label: 'base' } as const;
  await lenses.put({ ...lens, channel: 'safe', under: 'parent', definition: {} });
  expect(await lists.served(one, 'base', '3')).toBeUndefined();
  expect(await lists.served(one, 'safe')).toBeUndefined();
  await attaching.attach(one, ['base'], { by: 'user:admin', history: true });
  expect(await lists.served(one, 'base', '3')).toBe('base@3');
  expect(await lists.served(one, 'base')).toBe('safe');
});

it('What is made of a filtered view or a stage has no past for everybody either', async () => {
  const fits = { release: 8, arch: 'x86_64' };
  const definitions = [
    { label: 'base', upstream: 'file:///nowhere/', ...fits },
    { label: 'safe', from: ['base'], filters: [{ packages: { exclude: ['kernel'] } }], ...fits },
    { label: 'prod', follows: 'base', ...fits },
  ];
  for (const [from, past] of [
    ['base', 'whole@3'],
    ['safe', undefined],
    ['prod', undefined],
  ] as const) {
    const whole = { label: 'whole', from: [from], ...fits };
    const over = { label: 'over', from: ['whole'], parent: 'whole', ...fits };
    const { attaching, lists, state } = await channelWorld([...definitions, whole, over]);
    const one = await reader(state);
    await attaching.attach(one, ['whole', 'over'], { by: 'user:admin' });
    expect(await lists.served(one, 'whole', '3'), from).toBe(past);
    expect(await lists.served(one, 'over', '3'), from).toBe(past?.replace('whole', 'over'));
    expect(await lists.served(one, 'over'), from).toBe('over');
  }
});

it('What has nothing to read yet is not listed', async () => {
  const { digests, lists, one, changes } = await world();
  digests.delete('addons');
  expect((await lists.list(one)).map((c) => c.label)).toEqual(['base']);
  digests.set('addons', 'addons 1');
  await changes.changed('addons');
  expect((await lists.list(one)).map((c) => c.label)).toEqual(['base', 'addons']);
});
