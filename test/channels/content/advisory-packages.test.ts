import { expect, it } from 'vitest';
import { advisoryPackages } from '../../../src/channels/content/advisory-packages.ts';
import { createWorld, type Spec, type Written } from './world.ts';

const base: Spec = {
  packages: ['a-1:2-1.x86_64', 'a-1-1.x86_64', 'b-1-1.noarch'],
  advisories: [
    { id: 'S-1', packages: ['a-1:2-1.x86_64', 'a-1:2-1.aarch64', 'b-1-1.noarch'] },
    { id: 'S-2', packages: ['z-1-1.x86_64'] },
  ],
};
const extra: Spec = {
  packages: ['c-1-1.x86_64', 'b-2-1.noarch'],
  advisories: [{ id: 'S-1', packages: ['c-1-1.x86_64'] }],
};

it('An advisory has the builds that the channel has of those that it ships', async () => {
  const world = await createWorld({ base, extra });
  const of = async (parents: string[], id: string, filters?: Written) => {
    const content = await world.contents.of('view', await world.define(parents, filters));
    const found = await world.contents.reading([content], (r) => advisoryPackages(r, content, id));
    return found.map((p) => `${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`).sort();
  };
  expect(await of(['base'], 'S-1')).toEqual(['a-1:2-1.x86_64', 'b-0:1-1.noarch']);
  expect(await of(['base'], 'S-2')).toEqual([]);
  expect(await of(['base'], 'S-3')).toEqual([]);
  expect(await of(['base'], 'S-1', [{ packages: { exclude: ['b'] } }])).toEqual(['a-1:2-1.x86_64']);
  expect(await of(['base'], 'S-1', [{ advisories: { exclude: [{ id: ['S-1'] }] } }])).toEqual([]);
  expect(await of(['extra'], 'S-1')).toEqual(['c-0:1-1.x86_64']);
});
