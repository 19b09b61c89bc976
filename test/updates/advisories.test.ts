import { expect, it } from 'vitest';
import { createScene, type InventedRepository, pkg } from './scene.ts';

const base: InventedRepository = {
  packages: ['a-1-1.noarch', 'a-2-1.noarch', 'b-2-1.x86_64', 'b-2-1.i686'].map((n) => pkg(n)),
  advisories: [
    {
      ...{ id: 'S-1', severity: 'Critical', issued: '2024-01-01', cves: ['CVE-2024-1'] },
      packages: ['a-2-1.noarch', 'b-2-1.x86_64', 'b-2-1.i686'],
    },
    { id: 'S-2', issued: '2024-02-01', packages: ['a-3-1.noarch'], cves: ['cve-2024-1'] },
    { id: 'B-1', type: 'bugfix', issued: '2024-03-01', packages: ['b-2-1.x86_64'], reboot: true },
  ],
};

it('Advisories are found by id, CVE, kind, severity, date, package and source', async () => {
  const other = {
    packages: [pkg('c-1-1.noarch')],
    advisories: [{ id: 'S-9', packages: ['c-1-1.noarch'], issued: '2023-01-01' }],
  };
  const { updates } = await createScene({ base, other });
  const ids = async (query: Parameters<typeof updates.search>[0]) =>
    (await updates.search(query)).map((a) => a.id);
  expect(await ids({})).toEqual(['B-1', 'S-2', 'S-1', 'S-9']);
  expect(await ids({ id: 'S-1' })).toEqual(['S-1']);
  expect(await ids({ id: 'S-*' })).toEqual(['S-2', 'S-1', 'S-9']);
  expect(await ids({ cve: 'cve-2024-1' })).toEqual(['S-2', 'S-1']);
  expect(await ids({ cve: 'FOO-2024-1' })).toEqual([]);
  expect(await ids({ kind: 'bugfix' })).toEqual(['B-1']);
  expect(await ids({ severity: 'critical' })).toEqual(['S-1']);
  expect(await ids({ issuedFrom: '2024-01-01', issuedTo: '2024-02-01' })).toEqual(['S-1']);
  expect(await ids({ package: 'b' })).toEqual(['B-1', 'S-1']);
  expect(await ids({ sources: ['other'] })).toEqual(['S-9']);
  expect(await ids({ cve: 'CVE-2024-1', kind: 'bugfix' })).toEqual([]);
  expect(await updates.advisory('none')).toBeUndefined();
  expect(await updates.advisory('B-1')).toEqual({
    ...{ id: 'B-1', type: 'bugfix', severity: 'Important', title: 'About B-1', cves: [] },
    ...{ issued: '2024-03-01T00:00:00.000Z', updated: '', sources: ['base'], references: [] },
    ...{ description: 'What B-1 is about', summary: '', solution: '', rights: '', release: '' },
    ...{ from: 'vendor', pushcount: '', rebootSuggested: true },
    packages: [{ name: 'b', arch: 'x86_64', epoch: '0', version: '2', release: '1' }],
  });
});

it('An advisory of which it is not known when it was issued comes after those of which it is', async () => {
  const advisories = ['2024-01-01', 'soon', '2024-02-01', ''].map((issued, i) => ({
    ...{ id: `S-${i}`, issued, packages: ['a-2-1.noarch'] },
  }));
  const scene = await createScene({ base: { ...base, advisories } });
  const expected = ['S-2', 'S-0', 'S-1', 'S-3'];
  expect((await scene.updates.search({})).map(({ id }) => id)).toEqual(expected);
  const id = await scene.instance(['a-1-1.noarch'], ['base']);
  expect((await scene.updates.advisoriesOf(id)).map((a) => a.id)).toEqual(expected);
  const shown = await scene.app.operations.instanceAdvisories(id);
  expect(shown.map((a) => [a.id, a.issued])).toEqual([
    ['S-2', '2024-02-01T00:00:00.000Z'],
    ['S-0', '2024-01-01T00:00:00.000Z'],
    ['S-1', 'soon'],
    ['S-3', ''],
  ]);
});

it('Which instances an advisory or a CVE concerns, which are fixed, and why', async () => {
  const scene = await createScene({ base });
  const { updates } = scene;
  const old = await scene.instance(['a-1-1.noarch', 'b-1-1.x86_64'], ['base']);
  const half = await scene.instance(['a-2-1.noarch', 'b-2-1.x86_64', 'b-1-1.i686'], ['base']);
  const fixed = await scene.instance(['a-3-1.noarch', 'b-2-1.x86_64'], ['base']);
  await scene.instance(['z-1-1.noarch'], ['base']);
  await scene.instance(['a-1-1.noarch'], []);
  const pair = (installed: string, needed: string) => ({ installed, needed });
  expect(await updates.affected({ advisory: 'S-1' })).toEqual([
    {
      ...{ instance: old, state: 'affected', available: true },
      packages: [pair('a-1-1.noarch', 'a-2-1.noarch'), pair('b-1-1.x86_64', 'b-2-1.x86_64')],
    },
    {
      ...{ instance: half, state: 'affected', available: true },
      packages: [pair('b-1-1.i686', 'b-2-1.i686')],
    },
    {
      ...{ instance: fixed, state: 'fixed', available: true },
      packages: [pair('a-3-1.noarch', 'a-2-1.noarch'), pair('b-2-1.x86_64', 'b-2-1.x86_64')],
    },
  ]);
  const states = async () =>
    (await updates.affected({ cve: 'CVE-2024-1' })).map((i) => [i.instance, i.state, i.available]);
  expect(await states()).toEqual([
    [old, 'affected', false],
    [half, 'affected', false],
    [fixed, 'fixed', true],
  ]);
  expect(await updates.affected({ advisory: 'none' })).toEqual([]);
  expect(await updates.affected({ cve: 'CVE-1999-1' })).toEqual([]);

  expect(
    (await updates.advisoriesOf(half)).map((a) => [a.id, a.packages, a.available, a.sources]),
  ).toEqual([
    ['S-2', ['a-3-1.noarch'], false, ['base']],
    ['S-1', ['b-2-1.i686'], true, ['base']],
  ]);
  expect(await updates.summary()).toMatchObject({
    ...{ instances: 5, withUpdates: 2, withSecurityUpdates: 2 },
    advisories: [
      { id: 'S-2', affected: 2 },
      { id: 'S-1', affected: 2 },
      { id: 'B-1', affected: 1 },
    ],
  });

  await scene.install(half, ['a-3-1.noarch', 'b-2-1.x86_64', 'b-2-1.i686']);
  await scene.install(old, ['z-1-1.noarch']);
  expect(await states()).toEqual([
    [half, 'fixed', true],
    [fixed, 'fixed', true],
  ]);
});

it('An advisory counts as what its vendor makes of it later, except where machines see it as it was', async () => {
  const packages = ['a-1-1.noarch', 'a-2-1.noarch'].map((n) => pkg(n));
  const as = (type: string, cves: string[] = []): InventedRepository => ({
    packages,
    advisories: [{ id: 'X-1', type, cves, packages: ['a-2-1.noarch'] }],
  });
  const scene = await createScene({ base: as('bugfix') });
  const { updates } = scene;
  const id = await scene.instance(['a-1-1.noarch'], ['base']);
  const pinned = await scene.instance(['a-1-1.noarch'], ['base']);
  await scene.app.operations.createSnapshot({ label: 'base', name: 'q1', at: null, by: 'test' });
  await scene.app.operations.setLens({
    ...{ scope: 'instance', subject: String(pinned), label: 'base', at: 'q1', stage: null },
    ...{ under: 'parent', filters: [], by: 'test' },
  });
  const shown = async (instance: number) => [
    ...(await updates.of(instance, 'now')).map(({ kind }) => kind),
    ...(await updates.advisoriesOf(instance)).map(({ type, cves }) => [type, cves]),
  ];
  expect(await shown(id)).toEqual(['bugfix', ['bugfix', []]]);
  expect((await updates.counts()).get(id)).toMatchObject({ bugfix: 1, security: 0 });
  await scene.publish('base', as('security', ['CVE-2024-7']));
  expect(await shown(id)).toEqual(['security', ['security', ['CVE-2024-7']]]);
  expect((await updates.counts()).get(id)).toMatchObject({ bugfix: 0, security: 1 });
  expect(await updates.builds(id, ['security'])).toMatchObject([{ name: 'a', version: '2' }]);
  expect(await shown(pinned)).toEqual(['bugfix', ['security', ['CVE-2024-7']]]);
});

it('A CVE that no advisory names any longer concerns no instance', async () => {
  const as = (cve: string): InventedRepository => ({
    packages: [pkg('a-2-1.noarch')],
    advisories: [{ id: 'X-1', cves: [cve], packages: ['a-2-1.noarch'] }],
  });
  const scene = await createScene({ base: as('CVE-2024-7') });
  const id = await scene.instance(['a-1-1.noarch'], ['base']);
  const affected = async (cve: string) =>
    (await scene.updates.affected({ cve })).map(({ instance }) => instance);
  expect(await affected('CVE-2024-7')).toEqual([id]);
  await scene.publish('base', as('CVE-2024-8'));
  expect(await affected('CVE-2024-7')).toEqual([]);
  expect(await affected('CVE-2024-8')).toEqual([id]);
});

it('An advisory whose packages are held back is not available', async () => {
  const scene = await createScene({ base }, [
    { label: 'view', from: ['base'], filters: [{ packages: { exclude: ['b-2-1.x86_64'] } }] },
  ]);
  const id = await scene.instance(['b-1-1.x86_64'], ['view']);
  expect(await scene.updates.of(id, 'now')).toEqual([]);
  expect(await scene.updates.affected({ advisory: 'B-1' })).toMatchObject([
    { instance: id, state: 'affected', available: false },
  ]);
  expect((await scene.updates.advisoriesOf(id)).map((a) => [a.id, a.available])).toEqual([
    ['S-1', false],
    ['B-1', false],
  ]);
  expect(await scene.updates.summary()).toMatchObject({
    ...{ withUpdates: 0, withHeldBack: 1, upToDate: 1 },
    updates: { total: 0, heldBack: 1 },
  });
});
