import { expect, it } from 'vitest';
import { createWorld, type Spec } from './world.ts';

const base: Spec = {
  packages: ['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64', 'c-1-1.x86_64'],
  advisories: [
    { id: 'S-1', packages: ['a-1-1.x86_64', 'a-1-1.aarch64'] },
    { id: 'S-2', severity: 'Low', packages: ['a-2-1.x86_64', 'b-1-1.x86_64'] },
    { id: 'B-3', type: 'bugfix', severity: '', packages: ['b-1-1.x86_64'] },
    { id: 'B-4', type: 'bugfix', severity: '', packages: ['z-1-1.x86_64'] },
    { id: 'E-5', type: 'enhancement', severity: '', packages: [] },
  ],
};

it('Included advisories bring the builds that they ship, and it is told what the parents lack of them', async () => {
  const world = await createWorld({ base });
  const filters = [{ advisories: { include: [{ type: ['security'], severity: ['important'] }] } }];
  const { packages, advisories, content } = await world.view(['base'], filters);
  expect(packages.map((p) => p.split(' ')[0])).toEqual(['a-0:1-1.x86_64']);
  expect(advisories).toEqual(['S-1 base']);
  expect(content.remarks).toEqual([
    '1 of the 2 builds that the included advisories list are not in the parents',
  ]);
});

it('Whoever ships a build that remains stays, whatever brought it in', async () => {
  const world = await createWorld({ base });
  const { advisories } = await world.view(['base'], [{ packages: { include: ['b'] } }]);
  expect(advisories).toEqual(['B-3 base', 'E-5 base', 'S-2 base']);
});

it('An excluded advisory goes with its builds, though others ship them', async () => {
  const world = await createWorld({ base });
  const filters = [{ advisories: { exclude: [{ id: ['S-2', 'S-9'] }] } }];
  const { packages, advisories, content } = await world.view(['base'], filters);
  expect(packages.map((p) => p.split(' ')[0])).toEqual(['a-0:1-1.x86_64', 'c-0:1-1.x86_64']);
  expect(advisories).toEqual(['S-1 base']);
  expect(content.remarks).toEqual(['exclude advisories S-9: the parents have none']);
});

it('Until a date there is what was issued by then', async () => {
  const world = await createWorld({
    base: {
      packages: ['a-1-1.x86_64', 'b-1-1.x86_64', 'c-1-1.x86_64'],
      advisories: [
        { id: 'A', issued: '2024-01-31 10:00:00', packages: ['a-1-1.x86_64'] },
        { id: 'B', issued: '2024-02-01', packages: ['b-1-1.x86_64'] },
        { id: 'C', issued: 'lately', packages: ['c-1-1.x86_64'] },
      ],
    },
  });
  const until = (time: string) =>
    world.packages(['base'], [{ advisories: { include: [{ issued_until: time }] } }]);
  expect(await until('2024-01-31T10:00:00Z')).toEqual(['a-1-1.x86_64']);
  expect(await until('2024-02-01')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
  await expect(until('2024-01-31')).rejects.toMatchObject({ kind: 'invalid' });
});
