import { expect, it } from 'vitest';
import { createWorld } from './world.ts';

const first = {
  packages: ['a-1-1.x86_64 mine', 'b-1-1.x86_64'],
  advisories: [{ id: 'A-1', packages: ['b-1-1.x86_64'] }],
};
const second = {
  packages: ['a-1-1.x86_64 theirs', 'a-2-1.x86_64', 'c-1-1.x86_64'],
  advisories: [
    { id: 'A-1', packages: ['c-1-1.x86_64'] },
    { id: 'A-2', packages: ['a-2-1.x86_64'] },
  ],
};

it('Of what two parents hold, the first one’s is taken', async () => {
  const world = await createWorld({ first, second });
  const from = async (...labels: string[]) => {
    const { packages, advisories } = await world.view(labels);
    return [...packages.map((p) => p.split(' ').slice(0, 2).join(' ')), ...advisories];
  };
  expect(await from('first', 'second')).toEqual([
    'a-0:1-1.x86_64 first',
    'a-0:2-1.x86_64 second',
    'b-0:1-1.x86_64 first',
    'c-0:1-1.x86_64 second',
    'A-1 first',
    'A-2 second',
  ]);
  expect(await from('second', 'first')).toEqual([
    'a-0:1-1.x86_64 second',
    'a-0:2-1.x86_64 second',
    'b-0:1-1.x86_64 first',
    'c-0:1-1.x86_64 second',
    'A-1 second',
    'A-2 second',
  ]);
});

it('An advisory that an earlier parent has too is dropped whole; its builds are not', async () => {
  const world = await createWorld({ first, second });
  const filters = [{ advisories: { exclude: [{ id: ['A-1'] }] } }];
  expect(await world.packages(['first', 'second'], filters)).toEqual([
    'a-1-1.x86_64',
    'a-2-1.x86_64',
    'c-1-1.x86_64',
  ]);
});

it('A view over views draws on what those have', async () => {
  const world = await createWorld({ first, second });
  const inner = await world.define(['first', 'second'], [{ packages: { exclude: ['a', 'x'] } }]);
  const stage = await world.define([['inner', inner]]);
  const { content, packages } = await world.view(
    [['stage', stage], 'second'],
    [{ latest_only: true }],
  );
  expect(packages.map((p) => p.split(' ').slice(0, 2).join(' '))).toEqual([
    'a-0:2-1.x86_64 second',
    'b-0:1-1.x86_64 first',
    'c-0:1-1.x86_64 second',
  ]);
  expect(content.origins.map((o) => o.label)).toEqual(['first', 'second']);
  expect(content.remarks).toEqual(['stage: exclude packages x: the parents have none']);
});

it('A mirrored revision of which two parents together have all is whole', async () => {
  const world = await createWorld({ first });
  const some = await world.define(['first'], [{ packages: { exclude: ['a'] } }]);
  const { content } = await world.view([['some', some], 'first']);
  expect(content.origins).toMatchObject([{ label: 'first', packages: 'all', advisories: 'all' }]);
});

it('What a revision consists of is found once, and again when the catalogue was made again', async () => {
  const world = await createWorld({ first, second });
  const view = await world.define(['first', 'second'], [{ packages: { exclude: ['a'] } }]);
  const before = await world.contents.of('view', view);
  expect(await world.contents.of('view', view)).toBe(before);
  await world.app.app.operations.rebuildCatalogue(() => {});
  const after = await world.contents.of('view', view);
  expect(after).not.toBe(before);
  expect((await world.see(after)).packages).toHaveLength(2);
  await expect(world.contents.count(before)).rejects.toMatchObject({ kind: 'conflict' });
  expect(await world.contents.count(after)).toEqual({
    packages: 2,
    advisories: 1,
    modules: 0,
    groups: 0,
  });
});
