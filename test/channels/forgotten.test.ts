import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { readSpace } from '../../src/cli/space-section.ts';
import { invented } from '../mirror/repository.ts';
import { objectsIn } from '../mirror/served.ts';
import { revisionsOf } from '../store/collect/space.ts';
import { createYumClient } from '../support/yum-client.ts';
import { brook, by, plain, startFlow } from './time.ts';

const ignore = () => {};

/** Views are defined when the server starts, and revisions have whole seconds: waits for one after that. */
const afterDefinition = () => new Promise((resolve) => setTimeout(resolve, 1000));
const view = { label: 'view', from: ['base'], filters: [{ packages: { exclude: ['weir'] } }] };

/** A flow whose past is over as soon as it is past. */
async function startForgetting(...others: SourceDefinition[]) {
  const flow = await startFlow(
    others.map((o) => ({ keep_revisions: '1ms', ...o })),
    { base: { keep_revisions: '1ms' }, graceMs: 1, space: readSpace({ margin: '1ms' }) },
  );
  const { operations: o } = flow.app;
  return {
    ...flow,
    o,
    revisions: (label: string) => revisionsOf(flow.config.data, label),
    published: async (label: string) => (await o.showHistory(label)).revisions[0]!.published,
    async gc() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return o.gc({ dryRun: false }, ignore);
    },
    async read(channel: string) {
      const answer = await fetch(`${flow.url}/channels/${channel}/repodata/repomd.xml`);
      return { status: answer.status, body: await answer.text() };
    },
  };
}

it('A time names no revision where the one of then is kept no more', async () => {
  const stage = { label: 'prod', follows: 'base' };
  const { o, next, gc, read, published, revisions } = await startForgetting(stage, view);
  const times: string[] = [];
  for (const version of ['1', '2', '3']) {
    await next(brook(version), invented('weir'));
    times.push(await published('base'));
  }
  await o.createSnapshot({ label: 'base', name: 'first', at: '1', by });
  const before = await read(`base@${times[1]}`);
  expect(before.status).toBe(200);
  await gc();
  expect(revisions('base')).toEqual([1, 3]);
  const later = new Date(Date.parse(times[1]!) + 500).toISOString();
  const gone = /revision 2 of source base was current on .*, and is kept no more/;
  const refused = { kind: 'not_found', message: expect.stringMatching(gone) };
  expect(await read(`base@${later}`)).toMatchObject({
    status: 404,
    body: expect.stringMatching(gone),
  });
  await expect(o.promoteStage('prod', { ...plain, to: times[1]! }, ignore)).rejects.toMatchObject(
    refused,
  );
  await expect(
    o.createSnapshot({ label: 'base', name: 'second', at: times[1]!, by }),
  ).rejects.toMatchObject(refused);
  expect((await read(`base@${times[0]}`)).status).toBe(200);
  expect((await read(`base@${times[2]}`)).status).toBe(200);
});

it('A view at a time at which its parents are kept no more is what it published then', async () => {
  const { o, next, gc, revisions, published } = await startForgetting({
    ...view,
    keep_revisions: '1d',
  });
  await afterDefinition();
  await next(brook('1'), invented('weir'));
  await o.createSnapshot({ label: 'view', name: 'one', at: null, by });
  const time = await published('view');
  await next(brook('2'), invented('weir'));
  await next(brook('3'), invented('weir'));
  await o.createSnapshot({ label: 'view', name: 'two', at: null, by });
  await gc();
  expect(revisions('base')).toEqual([3]);
  const then = await o.createSnapshot({ label: 'view', name: 'then', at: time, by });
  expect(then).toMatchObject({ revision: 1 });
});

it('A view of a time keeps the revisions that it draws from, until it is of another time', async () => {
  const { o, next, gc, revisions, published, url } = await startForgetting(view);
  await afterDefinition();
  const times: string[] = [];
  for (const version of ['1', '2', '3']) {
    await next(brook(version), invented('weir'));
    times.push(await published('base'));
  }
  const packages = async () => {
    const client = createYumClient(`${url}/channels/frozen/`);
    const { packages } = await client.makeCache();
    client.close();
    return packages.map((p) => `${p.name}-${p.version}`).sort();
  };
  const as = { as_of: times[1]! };
  await o.addSource({ label: 'frozen', from: ['view'], filters: [as] });
  expect(await packages()).toEqual(['brook-2']);
  await gc();
  expect(revisions('base')).toEqual([2, 3]);
  // It is made anew, of the same.
  await o.setFilters('frozen', [as, { packages: { exclude: ['sluice'] } }]);
  await o.createSnapshot({ label: 'frozen', name: 'anew', at: null, by });
  expect(revisions('frozen').at(-1)).toBe(2);
  expect(await packages()).toEqual(['brook-2']);

  await o.setFilters('frozen', [{ as_of: times[2]! }]);
  await gc();
  expect(revisions('base')).toEqual([3]);
});

it('What a group is shown of the past stays until it is shown something else', async () => {
  const { o, next, gc, revisions, published } = await startForgetting();
  await next(brook('1'));
  const first = await published('base');
  for (const version of ['2', '3', '4']) {
    await next(brook(version));
    if (version === '3') await o.createSnapshot({ label: 'base', name: 'q4', at: null, by });
  }
  const lens = { scope: 'group', subject: 'web', label: 'base', by } as const;
  const show = (at: string) =>
    o.setLens({ ...lens, at, filters: [], stage: null, under: 'parent' });
  await o.createGroup('web', { by });
  await show('2');
  await gc();
  expect(revisions('base')).toEqual([2, 3, 4]);
  await expect(show(first)).rejects.toThrow('is kept no more');
  await show('q4');
  await expect(o.removeSnapshot('base', 'q4')).rejects.toThrow('group web sees base@q4 as base');
  await o.removeLens(lens);
  await o.removeSnapshot('base', 'q4');
  await gc();
  expect(revisions('base')).toEqual([4]);
});

it('A stage can be rolled back once more, however long ago it was moved', async () => {
  const stage = { label: 'prod', follows: 'base' };
  const { o, next, gc, revisions, url, offers } = await startForgetting(stage);
  for (const version of ['1', '2', '3']) {
    await next(brook(version));
    await o.promoteStage('prod', { ...plain, to: version }, ignore);
  }
  await next(brook('4'));
  await gc();
  expect([revisions('base'), revisions('prod')]).toEqual([[4], [3]]);
  await o.rollbackStage('prod', plain, ignore);
  expect(await offers('prod')).toEqual({ revision: 4, of: 'base@2' });
  const client = createYumClient(`${url}/channels/prod/`);
  const { packages } = await client.makeCache();
  expect(packages.map((p) => p.version)).toEqual(['2']);
  for (const pkg of packages) await client.download(pkg);
  client.close();

  // What the move before went from is gone: that is said, and changes nothing.
  await expect(o.rollbackStage('prod', plain, ignore)).rejects.toMatchObject({ kind: 'not_found' });
  expect(await offers('prod')).toMatchObject({ of: 'base@2' });
});

it('What a removed stage would go back to goes with it', async () => {
  const { o, next, gc, config } = await startForgetting();
  await o.addSource({ label: 'prod', follows: 'base', keep_revisions: '1ms' });
  for (const version of ['1', '2']) {
    await next(brook(version));
    await o.promoteStage('prod', { ...plain, to: version }, ignore);
  }
  const objects = async () => [...(await objectsIn(config.data)).values()];
  const held = async () => (await objects()).some((bytes) => bytes.equals(brook('1').bytes));
  await gc();
  expect(await held()).toBe(true);
  await o.removeSource('prod');
  await gc();
  expect(await held()).toBe(false);
});
