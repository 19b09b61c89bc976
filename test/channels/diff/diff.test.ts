import { expect, it } from 'vitest';
import { createContentThread } from '../../../src/channels/content/thread.ts';
import { createWorld, streamOf } from '../content/world.ts';

const before = {
  packages: [
    'up-1-1.x86_64',
    'down-2-1.x86_64',
    'gone-1-1.x86_64',
    'same-1-1.x86_64',
    'file-1-1.x86_64 old',
    'kernel-1-1.x86_64',
    'kernel-2-1.x86_64',
    'lone-1-1.x86_64',
    'lone-2-1.x86_64',
  ],
  advisories: [
    { id: 'A-1', packages: ['up-1-1.x86_64'] },
    { id: 'A-2', packages: ['gone-1-1.x86_64'] },
    { id: 'A-3', packages: [] },
  ],
  modules: [streamOf('m:1:1:aa', ['gone-0:1-1.x86_64']), streamOf('m:2:1:aa', [])],
  groups: { one: ['up'], two: ['down'] },
};

const after = {
  packages: [
    'up-1-2.x86_64',
    'down-2-0.5.x86_64',
    'same-1-1.x86_64',
    'file-1-1.x86_64 new',
    'kernel-2-1.x86_64',
    'kernel-3-1.x86_64',
    'kernel-1:1-1.x86_64',
    'lone-2-1.x86_64',
    'new-1-1.noarch',
    'up-1-2.i686',
  ],
  advisories: [
    { id: 'A-1', type: 'bugfix', severity: '', packages: ['up-1-2.x86_64'] },
    { id: 'A-3', packages: [] },
    { id: 'A-4', packages: ['new-1-1.noarch'] },
  ],
  modules: [streamOf('m:2:1:aa', []), streamOf('m:2:2:aa', [])],
  groups: { two: ['down', 'up'], three: ['new'] },
};

it('The difference of two revisions is told by packages, advisories, modules and groups', async () => {
  const world = await createWorld({ base: before });
  const old = world.current.get('base')!;
  const now = await world.change('base', after);
  const thread = createContentThread(world.paths, 1);
  const diff = await thread.diff(
    { label: 'base', manifest: old },
    { label: 'base', manifest: now },
  );
  const x = { arch: 'x86_64' };
  expect(diff).toEqual({
    packages: {
      added: [
        { ...x, name: 'kernel', evr: '3-1' },
        { name: 'new', arch: 'noarch', evr: '1-1' },
        { name: 'up', arch: 'i686', evr: '1-2' },
      ],
      removed: [
        { ...x, name: 'gone', evr: '1-1' },
        { ...x, name: 'kernel', evr: '1-1' },
        { ...x, name: 'lone', evr: '1-1' },
      ],
      upgraded: [
        { ...x, name: 'kernel', from: '2-1', to: '1:1-1' },
        { ...x, name: 'up', from: '1-1', to: '1-2' },
      ],
      downgraded: [{ ...x, name: 'down', from: '2-1', to: '2-0.5' }],
      replaced: [{ ...x, name: 'file', evr: '1-1' }],
    },
    advisories: {
      added: [{ id: 'A-4', type: 'security', severity: 'Important' }],
      removed: [{ id: 'A-2', type: 'security', severity: 'Important' }],
      changed: [{ id: 'A-1', type: 'bugfix', severity: '' }],
    },
    modules: { added: ['m:2:2:aa:x86_64'], removed: ['m:1:1:aa:x86_64'] },
    groups: { added: ['three'], removed: ['one'] },
  });

  // The thread has ended in between.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const none = { packages: { added: [], removed: [], upgraded: [], downgraded: [], replaced: [] } };
  expect(
    await thread.diff({ label: 'base', manifest: now }, { label: 'base', manifest: now }),
  ).toMatchObject(none);
  const view = await world.define(['base'], [{ packages: { include: ['kernel', 'up'] } }]);
  expect(await thread.count({ label: 'view', manifest: view })).toMatchObject({ packages: 5 });
  expect((await thread.list({ label: 'view', manifest: view })).map((p) => p.nevra).sort()).toEqual(
    [
      'kernel-0:2-1.x86_64',
      'kernel-0:3-1.x86_64',
      'kernel-1:1-1.x86_64',
      'up-0:1-2.i686',
      'up-0:1-2.x86_64',
    ],
  );
  await thread.close();
});
