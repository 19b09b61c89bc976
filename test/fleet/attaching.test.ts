import { expect, it } from 'vitest';
import { channelWorld, reader } from './lists.ts';

const upstream = 'file:///nowhere/';
const definitions = [
  { label: 'base', upstream, release: 8, arch: 'x86_64' },
  { label: 'addons', upstream, release: 8, arch: 'x86_64', parent: 'base' },
  { label: 'extra', upstream, release: 8, arch: 'x86_64', parent: 'base' },
  { label: 'other', upstream, release: 8, arch: 'x86_64' },
  { label: 'seven', upstream, release: 7, arch: 'x86_64' },
  { label: 'arm', upstream, release: 8, arch: 'aarch64' },
];
const by = { by: 'user:admin' };

it('An instance has one parent and children of it, in the order that clients expect', async () => {
  const { attaching, lists, state } = await channelWorld(definitions);
  const one = await reader(state);
  await attaching.attach(one, ['addons', 'base', 'extra'], by);
  expect((await lists.list(one)).map((c) => [c.label, c.parent])).toEqual([
    ['base', undefined],
    ['addons', 'base'],
    ['extra', 'base'],
  ]);
  await expect(attaching.attach(one, ['other'], by)).rejects.toThrow('one parent source');
  await expect(attaching.detach(one, ['base'], by)).rejects.toThrow('addons, extra');
  await attaching.detach(one, ['base', 'addons', 'extra'], by);
  expect(await lists.list(one)).toEqual([]);
  await expect(attaching.attach(one, ['addons'], by)).rejects.toThrow('a child of base');
});

it('Those who change an instance at the same time do so one after the other', async () => {
  const { attaching, lists, state } = await channelWorld(definitions);
  const one = await reader(state);
  const parents = await Promise.allSettled([
    attaching.attach(one, ['base'], by),
    attaching.attach(one, ['other'], by),
  ]);
  expect(parents.map((p) => p.status)).toEqual(['fulfilled', 'rejected']);
  const labels = async () => (await lists.attached(one.id)).map((a) => a.label);
  expect(await labels()).toEqual(['base']);
  // Whose parent goes gets no child of it.
  const both = await Promise.allSettled([
    attaching.detach(one, ['base'], by),
    attaching.attach(one, ['extra'], by),
  ]);
  expect(both.map((p) => p.status)).toEqual(['fulfilled', 'rejected']);
  expect(await labels()).toEqual([]);
});

it('Only what is for its release and architecture is attached, and listed', async () => {
  const { attaching, lists, sources, state } = await channelWorld(definitions);
  const one = await reader(state, { osRelease: '8.9' });
  await expect(attaching.attach(one, ['seven'], by)).rejects.toThrow('seven is for release 7');
  await expect(attaching.attach(one, ['arm'], by)).rejects.toThrow('aarch64');
  await expect(attaching.attach(one, ['nothing'], by)).rejects.toThrow('no source nothing');
  await attaching.attach(one, ['base'], by);
  expect(await lists.list({ ...one, osRelease: '7Server' })).toEqual([]);
  sources.delete('base');
  expect(await lists.list(one)).toEqual([]);
  expect(await lists.served(one, 'base')).toBeUndefined();
});

it('An instance that registers gets what its keys give, or the defaults', async () => {
  const { attaching, lists, state } = await channelWorld(definitions);
  const labels = async (of: Awaited<ReturnType<typeof reader>>) =>
    (await lists.list(of)).map((c) => c.label);
  const plain = await reader(state);
  await attaching.attachInitial(plain, { labels: [], ...by });
  expect(await labels(plain)).toEqual(['base', 'addons']);
  const keyed = await reader(state);
  await attaching.attachInitial(keyed, { labels: ['other', 'seven'], ...by });
  expect(await labels(keyed)).toEqual(['other']);
  const child = await reader(state);
  await attaching.attachInitial(child, { labels: ['extra'], ...by });
  expect(await labels(child)).toEqual(['base', 'addons', 'extra']);
  const conflict = attaching.requireOneParent(await reader(state), ['other', 'base']);
  await expect(conflict).rejects.toThrow('two parent sources: other, base');
  const member = await reader(state, { groups: ['web'] });
  await expect(attaching.requireOneParent(member, ['other'])).rejects.toThrow('two parent sources');
  await attaching.requireOneParent(plain, ['other', 'seven', 'extra']);
  const arm = await reader(state, { arch: 'aarch64-redhat-linux' });
  await attaching.attachInitial(arm, { labels: [], ...by });
  expect(await labels(arm)).toEqual([]);
});

it('An instance that moves to another release keeps what is for that, and gets its defaults', async () => {
  const { attaching, lists, state } = await channelWorld(definitions);
  const old = await reader(state, { osRelease: '7Server' });
  await attaching.attach(old, ['seven'], by);
  const moved = { ...old, osRelease: '8' };
  await attaching.moveToRelease(moved, 'instance:1');
  expect((await lists.list(moved)).map((c) => c.label)).toEqual(['base', 'addons']);
});

it('A record that is taken over keeps what is for its system, and gets what goes with that', async () => {
  const { attaching, lists, state } = await channelWorld(definitions);
  const labels = async (of: Awaited<ReturnType<typeof reader>>) =>
    (await lists.list(of)).map((c) => c.label);
  const own = await reader(state);
  await attaching.attach(own, ['other'], by);
  await attaching.attachInitial(own, { labels: [], ...by });
  expect(await labels(own)).toEqual(['other']);
  await attaching.attachInitial(own, { labels: ['base', 'addons'], ...by });
  expect(await labels(own)).toEqual(['other']);
  const child = await reader(state);
  await attaching.attach(child, ['base'], by);
  await attaching.attachInitial(child, { labels: ['extra'], ...by });
  expect(await labels(child)).toEqual(['base', 'extra']);
  const old = await reader(state, { osRelease: '7Server' });
  await attaching.attach(old, ['seven'], by);
  const anew = { ...old, osRelease: '8' };
  await attaching.attachInitial(anew, { labels: [], ...by });
  expect(await labels(anew)).toEqual(['base', 'addons']);
});

it('An instance that registers into a group gets what that gives', async () => {
  const { attaching, lists, notes, state } = await channelWorld(definitions);
  const member = await reader(state, { groups: ['web'] });
  await attaching.attachInitial(member, { labels: ['addons'], ...by });
  expect((await lists.list(member)).map((c) => c.label)).toEqual(['base', 'addons', 'extra']);
  expect(notes.map((n) => [n.event, n.instance])).toEqual(
    Array.from({ length: 3 }, () => ['source.attached', member.id]),
  );
});

it('Of what an instance could have, the children of its parent are offered, or parents', async () => {
  const { attaching, state } = await channelWorld(definitions);
  const one = await reader(state);
  const labels = async () => (await attaching.attachable(one)).map((s) => s.label);
  expect(await labels()).toEqual(['base', 'other']);
  await attaching.attach(one, ['base', 'addons'], by);
  expect(await labels()).toEqual(['extra']);
});
