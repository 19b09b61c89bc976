import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { readSpace } from '../../src/cli/space-section.ts';
import { invented } from '../mirror/repository.ts';
import { revisionsOf } from '../store/collect/space.ts';
import { brook, by, plain, startFlow } from './time.ts';

const ignore = () => {};
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

it('A source that is added again does not know what the one before forgot', async () => {
  const { o, next, gc, published, revisions, upstream } = await startForgetting();
  await o.addSource({ label: 'mine', upstream: upstream.url, keep_revisions: '1ms' });
  const sync = () => o.sync({ labels: ['mine'] }, ignore);
  await next(brook('1'));
  await sync();
  await next(brook('2'));
  await sync();
  const time = await published('mine');
  await gc();
  expect(revisions('mine')).toEqual([2]);
  await o.removeSource('mine');
  await o.addSource({ label: 'mine', upstream: upstream.url });
  await sync();
  await expect(o.createSnapshot({ label: 'mine', name: 'x', at: time, by })).rejects.toMatchObject({
    message: expect.stringMatching(/had no revision yet on|in the future/),
  });
});

it('A view at a time at which its parents are kept no more is what it published then', async () => {
  const { o, next, gc, revisions, published } = await startForgetting({
    ...view,
    keep_revisions: '1d',
  });
  // A view is defined when the server starts: later than that there are times of whole seconds.
  await expect.poll(() => new Date().getMilliseconds()).toBeLessThan(100);
  await new Promise((resolve) => setTimeout(resolve, 1000));
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
