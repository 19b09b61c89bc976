import { expect, it } from 'vitest';
import { digestContent } from '../../../src/channels/content/digest.ts';
import { createWorld, type Spec, streamOf, type Written } from './world.ts';

const spec: Spec = {
  packages: ['bash-5-1.x86_64', 'kernel-4-1.x86_64', 'kernel-4-2.x86_64', 'vim-9-1.x86_64'],
  advisories: [{ id: 'A-1', packages: ['bash-5-1.x86_64', 'kernel-4-2.x86_64'] }],
  modules: [streamOf('vi:9:1:c', ['vim-0:9-1.x86_64'])],
  groups: { edit: ['vim'], core: ['bash', 'kernel'] },
};
const held: Written = [{ packages: { exclude: ['kernel'] } }];

async function world() {
  const made = await createWorld({ base: spec });
  const digest = async (filters: Written = held) => {
    const { content } = await made.view(['base'], filters);
    return made.contents.reading([content], (reading) => digestContent(reading, content));
  };
  return { ...made, digest };
}

it('The digest of a content stays where only what is held back changes', async () => {
  const made = await world();
  const [filtered, whole] = [await made.digest(), await made.digest([])];
  const packages = [...spec.packages, 'kernel-4-3.x86_64'];
  await made.change('base', { ...spec, packages });
  expect(await made.digest()).toBe(filtered);
  expect(await made.digest([])).not.toBe(whole);
});

it.each<[string, Partial<Spec>]>([
  ['a package', { packages: [...spec.packages, 'zsh-5-1.x86_64'] }],
  [
    'another file of the same name',
    { packages: ['bash-5-1.x86_64 again', ...spec.packages.slice(1)] },
  ],
  [
    'an advisory',
    { advisories: [{ id: 'A-1', severity: 'Critical', packages: ['bash-5-1.x86_64'] }] },
  ],
  ['a module', { modules: [streamOf('vi:9:2:c', ['vim-0:9-1.x86_64'])] }],
  ['a group', { groups: { ...spec.groups, more: ['vim'] } }],
  ['the packages of a group', { groups: { ...spec.groups, edit: ['vim', 'bash'] } }],
])('It moves with %s', async (_, change) => {
  const made = await world();
  const before = await made.digest();
  await made.change('base', { ...spec, ...change });
  expect(await made.digest()).not.toBe(before);
  await made.change('base', spec);
  expect(await made.digest()).toBe(before);
});

it('It moves with the filter, and is the same in a catalogue that was made again', async () => {
  const made = await world();
  const before = await made.digest();
  expect(await made.digest([{ packages: { exclude: ['vim'] } }])).not.toBe(before);
  await made.app.app.operations.rebuildCatalogue(() => {});
  expect(await made.digest()).toBe(before);
});
