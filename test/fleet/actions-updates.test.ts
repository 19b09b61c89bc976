import { expect, it } from 'vitest';
import { type Build, newestFor } from '../../src/fleet/updates.ts';
import { createActing } from './acting.ts';

/** name-[epoch:]version-release.arch */
function build(nevra: string): Build {
  const [, name, epoch = '', version, release, arch] =
    /^(.+)-(?:(\d+):)?([^-]+)-([^-]+)\.([^.]+)$/.exec(nevra)!;
  return { name: name!, epoch, version: version!, release: release!, arch: arch! };
}

it.each([
  ['a-1-1.noarch', ['a-1-2.noarch', 'a-1-10.noarch', 'a-0-99.noarch'], 'a-1-10.noarch'],
  ['a-1-1.noarch', ['a-1:0-1.noarch', 'a-2-1.noarch'], 'a-1:0-1.noarch'],
  ['a-2-1.noarch', ['a-1-1.noarch', 'a-0:2-1.noarch'], 'a-2-1.noarch'],
  ['a-1-1.x86_64', ['a-2-1.i686', 'b-3-1.x86_64'], 'a-1-1.x86_64'],
])('Of %s the newest of %j is %s', (installed, builds, newest) => {
  const channels = builds.map((nevra) => ({ builds: [build(nevra)], modular: [] }));
  expect(newestFor(build(installed), channels)).toEqual(build(newest));
});

it('A module is not left for another stream, nor one entered', () => {
  const old = build('nodejs-0:18.1-1.module+el8+1.x86_64');
  const [newer, other] = [
    build('nodejs-0:18.2-1.module+el8+2.x86_64'),
    build('nodejs-0:20.1-1.module+el8+3.x86_64'),
  ];
  const plain = build('nodejs-0:19.1-1.el8.x86_64');
  const modular = [
    { build: old, stream: 'nodejs:18' },
    { build: newer, stream: 'nodejs:18' },
    { build: other, stream: 'nodejs:20' },
  ];
  const channels = [{ builds: [newer, other, plain], modular }];
  expect(newestFor({ ...old, epoch: '' }, channels)).toEqual(newer);
  expect(newestFor(build('nodejs-10-1.el8.x86_64'), channels)).toEqual(plain);
  const unknown = build('nodejs-17.1-1.module+el8+0.x86_64');
  expect(newestFor(unknown, channels)).toEqual(unknown);
});

it('A package that is to be updated by its name is given the newest version that is there for it', async () => {
  const { actions, one, installed, offered } = await createActing();
  installed.set(one.id, [
    build('a-1-1.noarch'),
    build('kernel-1-1.x86_64'),
    build('kernel-2-1.x86_64'),
    build('lib-1-1.x86_64'),
    build('lib-1-1.i686'),
  ]);
  offered.builds = [
    build('a-0:2-1.noarch'),
    build('kernel-0:1-1.x86_64'),
    build('lib-0:2-1.x86_64'),
    build('lib-0:2-1.i686'),
  ];
  const names = [{ name: 'a' }, { name: 'kernel' }, { name: 'lib', arch: 'i686' }, { name: 'z' }];
  const request = { kind: 'packages.update', params: { packages: names } };
  const [made] = await actions.create([one.id], request, 'admin');
  expect((await actions.next(one))?.params).toEqual([
    [
      ['a', '2', '1', '', 'noarch'],
      ['kernel', '2', '1', '', 'x86_64'],
      ['lib', '2', '1', '', 'i686'],
    ],
  ]);
  expect((await actions.show(made!.id)).result).toEqual({ leftOut: ['z'] });
});

it('An update of what is not there fails here; to install is to name the package alone', async () => {
  const { actions, one, installed } = await createActing();
  installed.set(one.id, [build('a-1-1.noarch')]);
  const params = { packages: [{ name: 'z' }] };
  const [made] = await actions.create([one.id], { kind: 'packages.update', params }, 'admin');
  await actions.create([one.id], { kind: 'packages.install', params }, 'admin');
  expect((await actions.next(one))?.params).toEqual([[['z', '', '', '', '']]]);
  expect(await actions.show(made!.id)).toMatchObject({
    state: 'failed',
    message: 'it does not have z',
  });
});
