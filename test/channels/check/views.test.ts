import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { byPackage } from './checked.ts';
import { type Invented, writeInvented } from './invented.ts';
import { defaultStream, stream } from './modular.ts';

type Filters = Extract<SourceDefinition, object>['filters'];

/** A view of a repository of these packages, and what a check says of it. */
async function view(
  packages: Invented[],
  filters: Filters,
  {
    documents,
    others,
    from = ['mirror'],
  }: { documents?: Record<string, string>; others?: Invented[]; from?: string[] } = {},
) {
  const folder = await temporaryFolder();
  const sources: SourceDefinition[] = [];
  for (const [label, list] of Object.entries({ mirror: packages, others: others ?? [] })) {
    await writeInvented(join(folder, label), list, label === 'mirror' ? documents : {});
    sources.push({ label, upstream: `${pathToFileURL(join(folder, label)).href}/` });
  }
  const { app, sync } = await startApp([...sources, { label: 'view', from, filters }]);
  await sync('mirror');
  await sync('others');
  return (name = 'view', helpers: string[] = []) =>
    app.operations.checkSource({ name, with: helpers, platform: 'el8' });
}

const without = (...exclude: string[]): Filters => [{ packages: { exclude } }];

describe('A check of a view', () => {
  it('proposes the newest package that meets most, with what that needs', async () => {
    const check = await view(
      [
        { name: 'app', requires: ['lib.so', 'tool >= 2', '/opt/lib/data'] },
        { name: 'app2', requires: ['lib.so', '(tool and lib.so)'] },
        { name: 'lib', evr: '1-1', provides: ['lib.so'] },
        {
          name: 'lib',
          evr: '2-1',
          provides: ['lib.so'],
          requires: ['base = 2'],
          otherFiles: ['/opt/lib/data'],
        },
        {
          name: 'other-lib',
          provides: ['lib.so'],
          requires: ['base', 'base-extra', 'rpmlib(X) <= 1'],
        },
        { name: 'base', evr: '1-1' },
        { name: 'base', evr: '2-1', requires: ['app'] },
        { name: 'base-extra' },
        { name: 'tool', evr: '1-1' },
        { name: 'tool', evr: '3-1' },
      ],
      without('lib', 'other-lib', 'base', 'base-extra', 'tool-3-1'),
    );
    const { unresolved, proposals, counts } = await check();
    expect(byPackage({ unresolved })).toEqual({
      'app-1-1.noarch': ['/opt/lib/data', 'lib.so', 'tool >= 2'],
      'app2-1-1.noarch': ['(tool and lib.so)', 'lib.so'],
    });
    expect(unresolved.find((u) => u.requirement === 'lib.so')).toMatchObject({
      from: 'mirror',
      candidates: ['lib-2-1.noarch', 'lib-1-1.noarch', 'other-lib-1-1.noarch'],
    });
    expect(proposals).toEqual([
      { package: 'tool-3-1.noarch', from: 'mirror', solves: 1, needs: [] },
      { package: 'lib-2-1.noarch', from: 'mirror', solves: 3, needs: ['base-2-1.noarch'] },
    ]);
    expect(counts).toMatchObject({ packages: 3, unresolvedPackages: 2, additions: 3 });
  });

  it('takes one package for several requirements rather than one for each', async () => {
    const check = await view(
      [
        { name: 'app', requires: ['a', 'b', 'c'] },
        ...['a', 'b', 'c'].map((name) => ({ name })),
        { name: 'whole', provides: ['a', 'b', 'c'] },
      ],
      without('a', 'b', 'c', 'whole'),
    );
    expect((await check()).proposals.map((p) => [p.package, p.solves])).toEqual([
      ['whole-1-1.noarch', 3],
    ]);
  });

  it('proposes nothing that is obsolete, nothing that the view has not lost, and says what nobody has', async () => {
    const check = await view(
      [
        { name: 'app', requires: ['old', 'nowhere'] },
        { name: 'new', obsoletes: ['old < 3'] },
        { name: 'old', evr: '2-1' },
      ],
      without('old'),
      { others: [{ name: 'nowhere' }] },
    );
    const { proposals, unresolved } = await check();
    expect(proposals).toEqual([]);
    expect(unresolved.map((u) => u.requirement)).toEqual(['nowhere', 'old']);
  });

  it('counts what other sources have, without checking these', async () => {
    const check = await view(
      [{ name: 'app', requires: ['lib', 'more'] }, { name: 'lib' }],
      without('lib'),
      {
        others: [{ name: 'lib', requires: ['nothing'] }],
      },
    );
    const { unresolved, counts } = await check('view', ['others']);
    expect(byPackage({ unresolved })).toEqual({ 'app-1-1.noarch': ['more'] });
    expect(counts.packages).toBe(1);
    expect(byPackage(await check('others'))).toEqual({ 'lib-1-1.noarch': ['nothing'] });
    expect(byPackage(await check('mirror@1'))).toEqual({ 'app-1-1.noarch': ['more'] });
    await expect(check('mirror@7')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(check('none')).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('names streams that lost what they require', async () => {
    const el8 = { platform: ['el8'] };
    const modules =
      stream(['app', '1', 1, 'c'], ['app-0:1-1.noarch'], { ...el8, perl: ['5.26'] }) +
      stream(['perl', '5.24', 1, 'c'], ['perl-0:24-1.noarch'], el8) +
      stream(['perl', '5.26', 1, 'c'], ['perl-0:26-1.noarch'], el8) +
      defaultStream('app', '1');
    const packages = [
      { name: 'app', requires: ['perl'] },
      { name: 'perl', evr: '24-1' },
      { name: 'perl', evr: '26-1' },
    ];
    const filters: Filters = [{ modules: { exclude: ['perl:5.26'] } }];
    const check = await view(packages, filters, { documents: { modules } });
    expect((await check('mirror')).modules).toEqual([]);
    expect((await check()).modules).toEqual([
      { stream: 'app:1', requires: 'perl:5.26', lost: true },
    ]);
  });

  it('names advisories of which a build is held back, unless a newer one is there', async () => {
    const update = (id: string, builds: [string, string][]) =>
      `<update type="security"><id>${id}</id><title>t</title><issued date="2023-11-14 00:00:00"/><pkglist><collection>${builds
        .map(
          ([name, version]) =>
            `<package name="${name}" version="${version}" release="1" epoch="0" arch="noarch"><filename>x</filename></package>`,
        )
        .join('')}</collection></pkglist></update>`;
    const updateinfo = `<?xml version="1.0"?>\n<updates>${update('A-1', [
      ['a', '1'],
      ['b', '1'],
    ])}${update('A-2', [
      ['a', '2'],
      ['b', '2'],
    ])}${update('A-3', [
      ['a', '2'],
      ['never', '1'],
    ])}${update('A-4', [['b', '2']])}</updates>`;
    const packages = ['a', 'b'].flatMap((name) => ['1-1', '2-1'].map((evr) => ({ name, evr })));
    const check = await view(packages, without('b-2-1', 'a-1-1'), { documents: { updateinfo } });
    expect((await check('mirror')).advisories).toEqual([]);
    expect((await check()).advisories).toEqual([{ id: 'A-2', missing: ['b-2-1.noarch'] }]);
  });
});
