import { expect, it } from 'vitest';
import { createWorld } from './world.ts';

const base = {
  packages: ['a-1-1.x86_64', 'b-1-1.x86_64', 'c-1-1.x86_64', 'd-1-1.x86_64', 'e-1-1.x86_64'],
  groups: { first: ['a', 'b', 'c', 'd'], second: ['d', 'e'], absent: ['z'], empty: [] },
};

it('An included group brings packages of all its kinds, and only such groups stay', async () => {
  const world = await createWorld({ base });
  const { packages, groups } = await world.view(['base'], [{ groups: { include: ['first'] } }]);
  expect(packages.map((p) => p[0])).toEqual(['a', 'b', 'c', 'd']);
  expect(groups).toEqual(['first']);
});

it('An excluded group goes with its packages', async () => {
  const world = await createWorld({ base });
  const { packages, groups } = await world.view(['base'], [{ groups: { exclude: ['second'] } }]);
  expect(packages.map((p) => p[0])).toEqual(['a', 'b', 'c']);
  expect(groups).toEqual(['empty', 'first']);
});

it('A group stays while one of its packages does; of two parents the first one’s is taken', async () => {
  const world = await createWorld({
    base,
    more: { packages: ['x-1-1.x86_64', 'z-1-1.x86_64'], groups: { second: ['x'], third: ['z'] } },
  });
  const filters = [{ packages: { exclude: ['d', 'e'] } }, { groups: { exclude: ['fifth'] } }];
  const { groups, content } = await world.view(['base', 'more'], filters);
  expect(groups).toEqual(['absent', 'empty', 'first', 'third']);
  expect(content.remarks).toEqual(['exclude groups fifth: the parents have none']);
});
