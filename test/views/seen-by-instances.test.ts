import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../src/base/xmlrpc-value.ts';
import type { Config } from '../../src/cli/config.ts';
import { encodeCall } from '../../src/server/spacewalk/xmlrpc-encode.ts';
import { invented, writeRepository } from '../mirror/repository.ts';
import { resultOf, send } from '../server/spacewalk/front.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createYumClient } from '../support/yum-client.ts';

const by = 'user:test';
const nothing = { filters: [] as unknown[], at: null, stage: null, under: 'parent' as const, by };
const holdBack = (pattern: string) => [{ packages: { exclude: [pattern] } }];

/** A parent and its child, and instances that have both and read as the plugin does. */
async function world(overrides: Partial<Config> = {}) {
  const folder = await temporaryFolder();
  const [kernel, tool] = [invented('kernel', '4.1'), invented('tool', '1.0')];
  await writeRepository(`${folder}/base`, { packages: [kernel, tool] });
  await writeRepository(`${folder}/more`, { packages: [invented('extra')] });
  const app = await startApp(
    [
      { label: 'base', upstream: `file:${folder}/base/` },
      { label: 'more', upstream: `file:${folder}/more/`, parent: 'base' },
      { label: 'prod', follows: 'base' },
    ],
    {
      defaults: [{ release: undefined, arch: undefined, sources: ['base', 'more'] }],
      ...overrides,
    },
  );
  const { operations, managed } = app.app;
  for (const label of ['base', 'more']) await app.sync(label);
  const about = { name: 'key', sources: [], groups: [], tags: [], compartment: null, uses: null };
  const { key } = await operations.createRegistrationKey({
    ...{ ...about, expiresAt: null, reactivates: null, takeoverMs: null, by: 'test' },
  });
  const call = async (method: string, ...params: XmlRpcValue[]) =>
    resultOf(await send(`${app.url}/XMLRPC`, { body: encodeCall(method, params) }));

  async function register() {
    const said = { profile_name: 'host', os_release: '8', release_name: 'x', token: key };
    const system = await call('registration.new_system', { ...said, architecture: 'x86_64' });
    const systemid = system.result as string;
    const id = Number(/ID-(\d+)/.exec(systemid)![1]);
    const channels = async () =>
      (await call('up2date.listChannels', systemid)).result as Record<string, string>[];
    return {
      id,
      channels,
      /** What the plugin compares to know whether it is to read a channel anew. */
      modified: async (label = 'base') =>
        (await channels()).find((c) => c.label === label)!.last_modified!,
      /** Names and versions of the packages that it sees under a label, each of which it can download. */
      async sees(label = 'base'): Promise<string[]> {
        const headers = (await call('up2date.login', systemid)).result as Record<string, string>;
        const own = Object.entries(headers).filter(([name]) => name !== 'X-RHN-Auth-Channels');
        const client = createYumClient(`${app.url}/XMLRPC/GET-REQ/${label}/`, {
          headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
        });
        try {
          const { packages } = await client.makeCache();
          for (const pkg of packages) await client.download(pkg);
          return packages.map((p) => `${p.name} ${p.version}`).toSorted();
        } finally {
          client.close();
        }
      },
    };
  }

  return {
    ...app,
    operations,
    managed,
    register,
    /** Upstream publishes these, and they are mirrored. */
    async publish(...packages: ReturnType<typeof invented>[]) {
      await writeRepository(`${folder}/base`, { packages });
      expect(await app.sync('base')).toMatchObject({ outcome: 'updated' });
    },
    views: async () =>
      (await operations.listSources()).filter((s) => s.kind === 'view').map((s) => s.label),
  };
}

it('What is held back from an instance is seen by others, and by it again when that is taken away', async () => {
  const { operations, register, views } = await world();
  const [one, other] = [await register(), await register()];
  const times = [await one.modified()];
  const lens = { scope: 'instance', subject: String(one.id), label: 'base' } as const;
  const set = await operations.setLens({ ...nothing, ...lens, filters: holdBack('kernel*') });
  expect(set.channel).toMatch(/^base\.[0-9a-f]{12}$/);
  expect(await one.sees()).toEqual(['tool 1.0']);
  expect(await other.sees()).toEqual(['kernel 4.1', 'tool 1.0']);
  expect((await one.channels()).map((c) => c.label)).toEqual(['base', 'more']);
  times.push(await one.modified());
  await operations.removeLens({ ...lens, by });
  expect(await one.sees()).toEqual(['kernel 4.1', 'tool 1.0']);
  times.push(await one.modified());
  expect(times).toEqual([...new Set(times)].toSorted());
  expect(await views()).toEqual([]);
  const noted = await operations.queryAudit({
    instance: one.id,
    event: null,
    since: null,
    limit: 2,
  });
  expect(noted.map((n) => [n.event, n.subject])).toEqual([
    ['lens.removed', 'base'],
    ['lens.set', 'base'],
  ]);
  for (const about of [
    { ...lens, subject: '4711000000' },
    { ...lens, scope: 'group', subject: 'none' } as const,
  ]) {
    await expect(operations.listLenses(about)).rejects.toThrow(/^there is no (?:instance|group) /);
    await expect(operations.removeLens({ ...about, by })).rejects.toThrow('there is no');
  }
});

it('Who has the same filter shares one view; a group’s is that of its members, and an instance’s own goes before it', async () => {
  const { operations, register, views } = await world();
  const [one, two] = [await register(), await register()];
  await operations.createGroup('web', { by: 'test' });
  await operations.joinGroup('web', [one.id, two.id], { by: 'test' });
  const group = { scope: 'group', subject: 'web', label: 'base' } as const;
  const own = { scope: 'instance', subject: String(two.id), label: 'base' } as const;
  await operations.setLens({ ...nothing, ...group, filters: holdBack('kernel*') });
  expect([await one.sees(), await two.sees()]).toEqual([['tool 1.0'], ['tool 1.0']]);
  await operations.setLens({ ...nothing, ...own, filters: holdBack('kernel*') });
  expect(await views()).toHaveLength(1);
  await operations.setLens({ ...nothing, ...own, filters: holdBack('tool') });
  expect([await one.sees(), await two.sees()]).toEqual([['tool 1.0'], ['kernel 4.1']]);
  const [label] = await views();
  await expect(operations.removeSource(label!)).rejects.toThrow('sees');
  await operations.removeGroup('web', { by: 'test' });
  expect(await one.sees()).toEqual(['kernel 4.1', 'tool 1.0']);
  await operations.removeInstances([two.id], { by: 'test' });
  expect(await views()).toEqual([]);
});

it('An instance reads a view anew when what is left of it changes, and then it is there', async () => {
  const { managed, operations, register, publish } = await world();
  const one = await register();
  const lens = { scope: 'instance', subject: String(one.id), label: 'base' } as const;
  await operations.setLens({ ...nothing, ...lens, filters: holdBack('kernel*') });
  expect(await one.sees()).toEqual(['tool 1.0']);
  const before = await one.modified();
  await publish(invented('kernel', '4.2'), invented('tool', '1.0'));
  await managed.changed('base');
  expect(await one.modified()).toBe(before);
  await publish(invented('kernel', '4.2'), invented('tool', '1.1'));
  await managed.changed('base');
  expect((await one.modified()) > before).toBe(true);
  // At once, not only when it has been made in the background.
  expect(await one.sees()).toEqual(['tool 1.1']);
});

it('A stage, a snapshot or a time may be seen instead of the current revision, under a label of its own', async () => {
  const { operations, register, publish } = await world();
  const [one, two] = [await register(), await register()];
  await operations.createSnapshot({ label: 'base', name: 'q4', at: null, by });
  await operations.promoteStage(
    'prod',
    { to: null, by, fetch: null, allowMissing: false },
    () => {},
  );
  await publish(invented('kernel', '4.9'), invented('tool', '2.0'));
  const of = (id: number) => ({ scope: 'instance', subject: String(id), label: 'base' }) as const;
  await operations.setLens({ ...nothing, ...of(one.id), stage: 'prod' });
  await operations.setLens({ ...nothing, ...of(two.id), at: 'q4', under: 'own' });
  expect(await one.sees()).toEqual(['kernel 4.1', 'tool 1.0']);
  const [parent, child] = await two.channels();
  expect([parent!.label, parent!.parent_channel, child!.label]).toEqual(['base-q4', '', 'more']);
  expect(child!.parent_channel).toBe(parent!.id);
  expect(await two.sees('base-q4')).toEqual(['kernel 4.1', 'tool 1.0']);
  await expect(two.sees('base')).rejects.toThrow('404');
  await operations.setLens({ ...nothing, ...of(two.id), at: 'q4', filters: holdBack('tool') });
  expect(await two.sees()).toEqual(['kernel 4.1']);
  for (const [wrong, said] of [
    [{ stage: 'more' }, 'no stage that follows base'],
    [{ at: 'q5' }, 'no snapshot q5'],
    [{ filters: holdBack('*') }, 'leave none'],
    [{}, 'nothing is said'],
  ] as const) {
    const refused = operations.setLens({ ...nothing, ...of(one.id), ...wrong });
    await expect(refused).rejects.toThrow(said);
  }
  expect(await one.sees()).toEqual(['kernel 4.1', 'tool 1.0']);
});

it('What instances see and are told survives a restart', async () => {
  const { operations, register, close, config, managed } = await world();
  const one = await register();
  const lens = { scope: 'instance', subject: String(one.id), label: 'base' } as const;
  await operations.setLens({ ...nothing, ...lens, filters: holdBack('kernel*') });
  const before = await one.modified();
  const reader = (await managed.instances.get(one.id))!;
  await close();
  const again = await startApp([], config);
  const listed = await again.app.managed.channelLists.list(reader);
  expect(listed.find((c) => c.label === 'base')!.lastModified).toBe(before);
  expect(await again.app.managed.channelLists.served(reader, 'base')).toMatch(/^base\./);
});

it('A source is removed only when no instance has it attached any more', async () => {
  const { operations, register } = await world();
  const { id } = await register();
  await operations.addSource({ label: 'later', from: ['more'], parent: 'base' });
  const request = { instance: id, group: null, labels: ['later'], by: 'test' };
  await operations.attachSources({ ...request, history: null });
  await expect(operations.removeSource('later')).rejects.toMatchObject({
    kind: 'conflict',
    message: 'source later is attached to one instance',
  });
  await operations.detachSources(request);
  await operations.removeSource('later');
  expect((await operations.showInstance(id)).sources.map((s) => s.label)).toEqual(['base', 'more']);
});
