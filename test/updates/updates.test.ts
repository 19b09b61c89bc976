import { expect, it } from 'vitest';
import type { View } from '../../src/updates/updates.ts';
import { createScene, type InventedRepository, pkg } from './scene.ts';

const packages = (...nevras: string[]): InventedRepository => ({
  packages: nevras.map((n) => pkg(n)),
});

const cases: [what: string, available: string[], installed: string[], lacking: string[]][] = [
  ['the newest', ['a-2-1.noarch', 'a-10-1.noarch'], ['a-1-1.noarch'], ['a-10-1.noarch']],
  ['nothing where the newest is installed', ['a-1-1.noarch'], ['a-1-1.noarch'], []],
  ['no older one', ['a-1-1.noarch'], ['a-2-1.noarch'], []],
  ['epochs first', ['a-1:1-1.noarch'], ['a-9-1.noarch'], ['a-1:1-1.noarch']],
  ['no source package', ['a-2-1.src', 'a-3-1.nosrc'], ['a-1-1.noarch'], []],
  ['no other architecture', ['a-2-1.i686', 'a-3-1.aarch64'], ['a-1-1.x86_64'], []],
  [
    'each architecture by itself',
    ['a-2-1.i686', 'a-3-1.x86_64'],
    ['a-1-1.i686', 'a-1-1.x86_64'],
    ['a-2-1.i686', 'a-3-1.x86_64'],
  ],
  ['what became noarch', ['a-2-1.noarch'], ['a-1-1.x86_64'], ['a-2-1.noarch']],
  ['what was noarch', ['a-2-1.i686', 'a-2-1.x86_64'], ['a-1-1.noarch'], ['a-2-1.x86_64']],
  ['what became noarch once', ['a-2-1.noarch'], ['a-1-1.x86_64', 'a-1-1.i686'], ['a-2-1.noarch']],
  ['noarch only above all', ['a-2-1.noarch'], ['a-2-1.x86_64', 'a-1-1.i686'], []],
  ['the newest of kernels', ['k-3-1.x86_64'], ['k-1-1.x86_64', 'k-2-1.x86_64'], ['k-3-1.x86_64']],
  ['nothing of kernels', ['k-2-1.x86_64'], ['k-1-1.x86_64', 'k-2-1.x86_64'], []],
];

it('An instance lacks what rpm would update, as the table says', async () => {
  // Each case has names of its own in one repository.
  const own = (i: number, nevras: string[]) => nevras.map((nevra) => `case${i}-${nevra}`);
  const available = cases.flatMap(([, nevras], i) => own(i, nevras));
  const scene = await createScene({ base: packages(...available) });
  for (const [i, [what, , installed, lacking]] of cases.entries()) {
    const id = await scene.instance(own(i, installed), ['base'], { name: what });
    const found = await scene.updates.of(id, 'now');
    const shown = found.map((u) => `${u.name}-${u.available}.${u.arch}`);
    expect(shown, what).toEqual(own(i, lacking));
  }
});

it('What obsoletes an installed package takes its place, and is told with it', async () => {
  const scene = await createScene({
    base: {
      packages: [
        pkg('new-1-1.x86_64', { obsoletes: ['old < 2'] }),
        pkg('new-1-1.i686', { obsoletes: ['old < 2'] }),
        pkg('other-1-1.noarch', { obsoletes: ['kept < 1'] }),
        pkg('old-1-5.x86_64'),
      ],
    },
  });
  const id = await scene.instance(['old-1-1.x86_64', 'kept-1-1.noarch'], ['base']);
  const [update, ...more] = await scene.updates.of(id, 'now');
  expect(more).toEqual([]);
  expect(update).toMatchObject({
    ...{ name: 'new', arch: 'x86_64', available: '1-1', obsoletes: 'old-1-1.x86_64' },
    ...{ installed: 'old-1-1.x86_64', sources: ['base'], heldBack: false },
  });
  await scene.install(id, ['new-1-1.x86_64', 'kept-1-1.noarch']);
  expect(await scene.updates.of(id, 'now')).toEqual([]);
});

it('The kind of an update is that of the most urgent advisory since what is installed', async () => {
  const scene = await createScene({
    base: {
      ...packages(
        'a-3-1.noarch',
        'b-2-1.noarch',
        'c-2-1.noarch',
        'glibc-2-1.x86_64',
        'uptrack-2-1.noarch',
      ),
      advisories: [
        { id: 'S-1', packages: ['a-1-1.noarch'] },
        { id: 'S-2', packages: ['a-2-1.noarch'], cves: ['CVE-2024-2', 'CVE-2024-1'] },
        { id: 'B-3', type: 'bugfix', packages: ['a-3-1.noarch', 'b-2-1.noarch'] },
        { id: 'N-1', type: 'newpackage', packages: ['c-2-1.noarch'] },
        { id: 'E-1', type: 'enhancement', packages: ['glibc-2-1.x86_64'] },
      ],
    },
  });
  const all = ['a-1-1.noarch', 'b-1-1.noarch', 'c-1-1.noarch', 'glibc-1-1.x86_64'];
  const id = await scene.instance([...all, 'uptrack-1-1.noarch'], ['base']);
  const found = await scene.updates.of(id, 'now');
  expect(found.map((u) => [u.name, u.kind, u.advisories, u.cves, u.reboot])).toEqual([
    ['a', 'security', ['B-3', 'S-2'], ['CVE-2024-1', 'CVE-2024-2'], false],
    ['b', 'bugfix', ['B-3'], [], false],
    ['c', 'other', ['N-1'], [], false],
    ['glibc', 'enhancement', ['E-1'], [], true],
    ['uptrack', 'ksplice', [], [], false],
  ]);
  expect((await scene.updates.counts()).get(id)).toEqual({
    ...{ security: 1, bugfix: 1, enhancement: 1, ksplice: 1, other: 1, total: 5 },
    ...{ heldBack: 0, reboot: false, reported: true },
  });
  expect((await scene.updates.builds(id, ['security', 'bugfix'])).map((b) => b.name)).toEqual([
    'a',
    'b',
  ]);
  expect(await scene.updates.builds(id, 'all')).toHaveLength(5);
});

it('What a view or a snapshot holds back is told as such', async () => {
  const scene = await createScene(
    { base: packages('a-1-1.noarch', 'a-2-1.noarch', 'b-2-1.noarch') },
    [{ label: 'view', from: ['base'], filters: [{ packages: { exclude: ['a-2-1*'] } }] }],
  );
  const id = await scene.instance(['a-1-1.noarch', 'b-1-1.noarch'], ['view']);
  const shown = async (view: View) =>
    (await scene.updates.of(id, view)).map((u) => [u.name, u.available, u.heldBack, u.sources]);
  expect(await shown('now')).toEqual([['b', '2-1', false, ['view']]]);
  expect(await shown('upstream')).toEqual([
    ['a', '2-1', true, ['view']],
    ['b', '2-1', false, ['view']],
  ]);
  expect((await scene.updates.counts([id])).get(id)).toMatchObject({ total: 1, heldBack: 1 });
  await scene.publish('base', packages('a-1-1.noarch', 'a-3-1.noarch', 'b-2-1.noarch'));
  expect(await shown('now')).toEqual([
    ['a', '3-1', false, ['view']],
    ['b', '2-1', false, ['view']],
  ]);
});

it('Of packages that a view leaves out its advisories say nothing, here as in its updateinfo', async () => {
  const scene = await createScene(
    {
      base: {
        packages: ['a-2-1.noarch', 'a-3-1.noarch', 'b-2-1.noarch'].map((n) => pkg(n)),
        advisories: [
          { id: 'ELSA-1', packages: ['a-2-1.noarch', 'b-2-1.noarch'] },
          { id: 'ELBA-2', type: 'bugfix', packages: ['a-3-1.noarch'] },
        ],
      },
    },
    [{ label: 'view', from: ['base'], filters: [{ packages: { exclude: ['a-2-1*'] } }] }],
  );
  const inView = await scene.instance(['a-1-1.noarch'], ['view']);
  const inBase = await scene.instance(['a-1-1.noarch'], ['base']);
  const behind = async (id: number, view: View) =>
    (await scene.updates.of(id, view)).map((u) => [u.kind, u.advisories]);
  expect(await behind(inView, 'now')).toEqual([['bugfix', ['ELBA-2']]]);
  expect(await behind(inView, 'upstream')).toEqual([['security', ['ELBA-2', 'ELSA-1']]]);
  expect(await behind(inBase, 'now')).toEqual([['security', ['ELBA-2', 'ELSA-1']]]);
  const closed = async (id: number) => {
    const all = await scene.app.operations.previewInstance(id, { updateAll: 'all' });
    return all.advisories.map((advisory) => advisory.id);
  };
  expect(await closed(inView)).toEqual(['ELBA-2']);
  expect(await closed(inBase)).toEqual(['ELBA-2', 'ELSA-1']);
});

it('Changes of what is installed, attached and synced are seen at the next question', async () => {
  const scene = await createScene({
    base: packages('a-2-1.noarch'),
    more: { ...packages('b-2-1.noarch'), parent: 'base' },
  });
  const id = await scene.instance(['a-1-1.noarch', 'b-1-1.noarch'], ['base']);
  const names = async () => (await scene.updates.of(id, 'now')).map((u) => u.name);
  expect(await names()).toEqual(['a']);
  await scene.managed.channelLists.attach([id], ['more'], { by: 'user:test' });
  expect(await names()).toEqual(['a', 'b']);
  await scene.install(id, ['a-2-1.noarch', 'b-1-1.noarch']);
  expect(await names()).toEqual(['b']);
  await scene.publish('base', packages('a-3-1.noarch'));
  expect(await names()).toEqual(['a', 'b']);
  await scene.managed.channelLists.detach([id], ['more'], 'user:test');
  expect(await names()).toEqual(['a']);
  await scene.managed.instances.remove(id, { actor: 'user:test' });
  await expect(names()).rejects.toMatchObject({ kind: 'not_found' });
  expect(await scene.updates.counts()).toEqual(new Map());
});

it('An instance that said nothing of its packages has no updates, and is counted as such', async () => {
  const scene = await createScene({ base: packages('a-2-1.noarch') });
  const [silent, old] = [
    await scene.instance(undefined, ['base']),
    await scene.instance(['a-1-1.noarch'], ['base']),
  ];
  expect(await scene.updates.of(silent, 'now')).toEqual([]);
  expect((await scene.updates.counts()).get(silent)).toMatchObject({ total: 0, reported: false });
  expect(await scene.updates.summary()).toMatchObject({
    ...{ instances: 2, reported: 1, withUpdates: 1, upToDate: 0 },
    updates: { total: 1, other: 1 },
  });
  expect(await scene.updates.installable(old)).toEqual([]);
  expect(await scene.updates.installable(silent)).toMatchObject([
    { build: { name: 'a', version: '2' }, sources: ['base'] },
  ]);
});
