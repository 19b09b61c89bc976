import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { createCustomPackageTable } from '../../src/store/state/custom-packages.ts';
import { openState } from '../../src/store/state/state.ts';
import { brook, by, patient, startFlow } from '../channels/time.ts';
import { invented } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { createYumClient } from '../support/yum-client.ts';

/** The packages that clients read in a channel. */
async function read(url: string, channel: string): Promise<string[]> {
  const client = createYumClient(`${url}/channels/${channel}/`);
  try {
    const { packages } = await client.makeCache();
    for (const pkg of packages) await client.download(pkg);
    return packages.map((p) => `${p.name}-${p.version}`).sort();
  } finally {
    client.close();
  }
}

const custom = (label = 'own') => ({ label, custom: true });

async function startCustom() {
  const flow = await startFlow([]);
  const { operations: o } = flow.app;
  await o.addSource(custom());
  return {
    ...flow,
    o,
    add: (...names: string[]) => o.addPackages({ label: 'own', names, from: null, by }),
    remove: (...names: string[]) => o.removePackages({ label: 'own', names, by }),
  };
}

it('A custom source is empty at first, and has what is put into it', async () => {
  const { next, url, o, add, remove } = await startCustom();
  expect(await read(url, 'own')).toEqual([]);
  await next(brook('1'), brook('2'), invented('weir'), invented('mill'));
  const nevra = (name: string, version = '1') => `${name}-0:${version}-1.noarch`;
  expect(await add('brook', 'weir.noarch')).toMatchObject({
    added: [nevra('brook', '2'), nevra('weir')],
    removed: [],
    packages: 2,
  });
  expect(await read(url, 'own')).toEqual(['brook-2', 'weir-1']);
  expect(await add('brook-1-1.noarch', 'mill-0:1-1.noarch')).toMatchObject({ packages: 4 });
  expect(await read(url, 'own')).toEqual(['brook-1', 'brook-2', 'mill-1', 'weir-1']);
  // The same again is no change, and no revision.
  const { revision } = await add('mill');
  expect(await add('mill', 'weir')).toMatchObject({ added: [], removed: [], revision });
  expect(await remove('brook-2', 'mill')).toMatchObject({
    removed: [nevra('brook', '2'), nevra('mill')],
  });
  expect(await read(url, 'own')).toEqual(['brook-1', 'weir-1']);
  expect((await o.listSources()).find((s) => s.label === 'own')).toMatchObject({
    kind: 'custom',
    packages: 2,
  });
  expect((await o.listPackages('own')).map((p) => p.nevra)).toEqual([
    nevra('brook'),
    nevra('weir'),
  ]);
  await remove('brook', 'weir');
  expect(await read(url, 'own')).toEqual([]);
});

it('Names that mean nothing are refused together, and nothing changes', async () => {
  const { next, url, add, remove } = await startCustom();
  await next(brook('1'));
  await expect(add('brook', 'dam', 'brook-9')).rejects.toMatchObject({
    kind: 'usage',
    message: 'the sources have no package dam, brook-9',
  });
  expect(await read(url, 'own')).toEqual([]);
  await add('brook');
  await expect(remove('brook', 'dam')).rejects.toMatchObject({ kind: 'usage' });
  expect(await read(url, 'own')).toEqual(['brook-1']);
});

it('A package stays when its source drops it, also over a restart and when space is collected', async () => {
  const { next, url, o, add, upstream } = await startCustom();
  await next(brook('1'), invented('weir'));
  await add('brook');
  // It is fetched in the background.
  const asked = () => upstream.requests.filter((path) => path.includes('brook-1'));
  await expect.poll(asked, patient).toHaveLength(1);
  await next(invented('weir'), invented('mill'));
  await o.gc({ dryRun: false }, () => {});
  expect(await read(url, 'own')).toEqual(['brook-1']);
  expect(asked()).toHaveLength(1);
  await add('mill');
  expect(await read(url, 'own')).toEqual(['brook-1', 'mill-1']);
  // What its source still has is taken from the current revision.
  await next(invented('mill'), invented('dam'));
  await add('dam');
  const sources = Map.groupBy(await o.listPackages('own'), (p) => p.revision);
  expect([...sources.values()].map((list) => list.map((p) => p.nevra)).toSorted()).toEqual([
    ['brook-0:1-1.noarch'],
    ['dam-0:1-1.noarch', 'mill-0:1-1.noarch'],
  ]);
});

it('A thousand names, twice and at the same time, come out right', async () => {
  const { next, url, o, add, remove } = await startCustom();
  const names = Array.from({ length: 1000 }, (_, i) => `pebble${i}`);
  await next(...names.map((name) => invented(name, '1', 10)), brook('1'));
  const [first, second] = await Promise.all([add(...names), add(...names)]);
  expect([first.added.length, second.added.length]).toEqual([1000, 0]);
  const half = names.slice(0, 500);
  await Promise.all([remove(...half), add('brook'), add(...names.slice(500))]);
  expect((await o.listPackages('own')).length).toBe(501);
  const client = createYumClient(`${url}/channels/own/`);
  expect((await client.makeCache()).packages).toHaveLength(501);
  client.close();
});

it('A source that is removed while packages are put into it leaves none behind', async () => {
  const { next, o, add } = await startCustom();
  const pebbles = Array.from({ length: 500 }, (_, i) => invented(`pebble${i}`, '1', 10));
  await next(brook('1'), ...pebbles);
  await add('brook');
  const names = pebbles.map((_, i) => `pebble${i}`);
  const [during, removed, after] = await Promise.allSettled([
    add(...names),
    o.removeSource('own'),
    add(...names),
  ]);
  expect(during).toMatchObject({ status: 'fulfilled', value: { packages: 501 } });
  expect(removed).toMatchObject({ status: 'fulfilled' });
  expect(after).toMatchObject({ status: 'rejected', reason: { kind: 'not_found' } });
  await o.addSource(custom());
  expect(await o.listPackages('own')).toEqual([]);
});

it('What a source has lent is not lost by the way: it cannot be removed, and custom sources are known after a restart', async () => {
  const { next, o, upstream, config, close } = await startCustom();
  await next(brook('1'), invented('weir'));
  await o.addSource({ label: 'lender', upstream: upstream.url });
  await o.sync({ labels: ['lender'] }, () => {});
  await o.addPackages({ label: 'own', names: ['brook'], from: ['lender'], by });
  const refused = {
    kind: 'conflict',
    message: 'source lender cannot be removed: own would lose what they need',
  };
  await expect(o.removeSource('lender')).rejects.toMatchObject(refused);
  await close();
  const { app, url } = await startApp([], { data: config.data });
  await expect(app.operations.removeSource('lender')).rejects.toMatchObject(refused);
  expect(await read(url, 'own')).toEqual(['brook-1']);
  await app.operations.removePackages({ label: 'own', names: ['brook'], by });
  await app.operations.removeSource('lender');
  await app.operations.removeSource('own');
  await app.operations.addSource(custom());
  expect(await read(url, 'own')).toEqual([]);
});

it('A view and a stage of a custom source follow it, and it is read as it was', async () => {
  const { next, url, o, add } = await startCustom();
  await next(brook('1'), brook('2'), invented('weir'));
  await o.addSource({ label: 'newest', from: ['own'], filters: [{ latest_only: true }] });
  await o.addSource({ label: 'prod', follows: 'own' });
  expect(await read(url, 'newest')).toEqual([]);
  await add('brook-1', 'brook-2');
  await o.promoteStage('prod', { to: null, by, fetch: null, allowMissing: false }, () => {});
  await expect.poll(() => read(url, 'newest'), patient).toEqual(['brook-2']);
  await add('weir');
  expect(await read(url, 'prod')).toEqual(['brook-1', 'brook-2']);
  expect(await read(url, 'own@2')).toEqual(['brook-1', 'brook-2']);
  expect(await read(url, 'own')).toEqual(['brook-1', 'brook-2', 'weir-1']);
});

it('Only a source of its own kind takes packages, and the configuration file makes none', async () => {
  const { o } = await startCustom();
  await expect(
    o.addPackages({ label: 'base', names: ['brook'], from: null, by }),
  ).rejects.toMatchObject({ kind: 'conflict' });
  await expect(
    o.addSource({ ...custom('x'), upstream: 'http://127.0.0.1/' }),
  ).rejects.toMatchObject({ kind: 'usage' });
  await expect(o.addSource({ ...custom('x'), gpg_keys: ['k'] })).rejects.toMatchObject({
    kind: 'usage',
    message: 'this is no source: gpg_keys: no such key in a custom source',
  });
});

it('What was noted before the server was killed, and not published, is published when it is asked for', async () => {
  const { next, add, config, close } = await startCustom();
  await next(brook('1'), invented('weir'));
  await add('brook');
  await close();
  const state = openState(dataPaths(config.data));
  const table = createCustomPackageTable(state);
  const [brookRow] = await table.of('own');
  await table.replace('own', [brookRow!, { ...brookRow!, nevra: 'weir-0:1-1.noarch' }]);
  await state.destroy();
  const { url, app } = await startApp([], { data: config.data, sources: config.sources });
  expect(await read(url, 'own')).toEqual(['brook-1', 'weir-1']);
  expect(await app.operations.showSource('own')).toMatchObject({ revision: 3, problem: null });
});
