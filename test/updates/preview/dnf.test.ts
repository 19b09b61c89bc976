import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { createInstallroot } from '../../../oracle/installroot.ts';
import { writeRepository } from '../../../oracle/made-repository.ts';
import { comparePreview, createPreviewer } from '../../../oracle/preview.ts';
import { randomDependencies } from '../../../oracle/random-dependencies.ts';
import { chanceOf } from '../../../oracle/random-repository.ts';
import type { StubPackage } from '../../../oracle/rpm-headers.ts';
import { temporaryFolder } from '../../support/app.ts';
import { randomFrom } from '../../support/random.ts';
import { hasDnf } from '../../support/tools.ts';
import { stub } from './machines.ts';

async function compared(packages: readonly StubPackage[], installed: readonly StubPackage[]) {
  const folder = await temporaryFolder();
  const repository = join(folder, 'repository');
  await writeRepository(repository, { packages });
  const previewer = await createPreviewer([repository], 'x86_64');
  const root = await createInstallroot({
    ...{ folder: join(folder, 'root'), cache: join(folder, 'cache'), installed },
    repositories: [{ id: 'base', url: pathToFileURL(repository).href }],
    ...{ release: '8', arch: 'x86_64' },
  });
  return {
    previewer,
    compare: (wish: Parameters<typeof comparePreview>[2]) =>
      comparePreview({ root, previewer }, installed, wish),
  };
}

const kernel = (release: number) =>
  stub(`kernel-5-${release}.x86_64`, { provides: ['installonlypkg(kernel)'] });

it.skipIf(!hasDnf)('Does what dnf does, where each rule of rpm decides', async () => {
  const installed = [
    ...[1, 2, 3].map(kernel),
    stub('glibc-1-1.x86_64'),
    stub('glibc-1-1.i686'),
    stub('app-1-1.noarch', { requires: ['lib'] }),
    stub('lib-1-1.x86_64', { provides: ['lib(x86-64)'] }),
    stub('locked-1-1.noarch', { requires: ['pinned = 1-1'] }),
    stub('pinned-1-1.noarch'),
    stub('left-1-1.noarch'),
    stub('tool-1:1-1.noarch'),
    stub('turned-1-1.x86_64'),
  ];
  const { compare } = await compared(
    [
      kernel(4),
      stub('glibc-2-1.x86_64', { requires: ['glibc-common = 2-1'] }),
      stub('glibc-2-1.i686', { requires: ['glibc-common = 2-1'] }),
      stub('glibc-common-2-1.x86_64', { recommends: ['langpacks'] }),
      stub('langpacks-1-1.noarch'),
      stub('lib-2-1.x86_64', { provides: ['lib(x86-64)'] }),
      stub('lib-2-1.i686', { provides: ['lib(x86-32)'] }),
      stub('pinned-2-1.noarch'),
      stub('right-2-1.noarch', { obsoletes: ['left < 2'] }),
      stub('tool-9-1.noarch'),
      stub('turned-2-1.noarch'),
      stub('server-1-1.noarch', { requires: ['mailer', '(extra if app)', 'lib >= 2'] }),
      stub('mailer-a-1-1.noarch', { provides: ['mailer'], conflicts: ['app'] }),
      stub('mailer-b-1-1.noarch', { provides: ['mailer'] }),
      stub('extra-1-1.noarch', { requires: ['/usr/bin/extra', '(none or lib(x86-64))'] }),
      stub('files-1-1.noarch', { files: ['/usr/bin/extra'] }),
      stub('addon-1-1.noarch', { supplements: ['(server and app)'] }),
      stub('impossible-1-1.noarch', { requires: ['nothing-has-this'] }),
      stub('against-1-1.noarch', { conflicts: ['app'] }),
      stub('new-build-1-1.noarch', { requires: ['pinned = 2'] }),
      stub('old32-1-1.i686', { requires: ['lib(x86-32)'] }),
    ],
    installed,
  );
  const wishes = [
    { updateAll: 'all' },
    { update: ['lib'] },
    { update: ['glibc'] },
    { update: ['tool'] },
    ...[
      'lib-2',
      'lib-1',
      'lib-3',
      'turned-2-1.noarch',
      'turned-1',
      'turned.x86_64',
      'left',
      'right',
    ].map((name) => ({ update: [name] })),
    { install: ['server'] },
    { install: ['kernel-5-4'] },
    { install: ['impossible'] },
    { install: ['against'] },
    { install: ['new-build'] },
    { install: ['old32'] },
    { install: ['mailer'] },
    { install: ['/usr/bin/extra'] },
    { install: ['lib'] },
    { remove: ['lib'] },
    { remove: ['pinned'] },
  ] as const;
  for (const wish of wishes) {
    const { differences } = await compare(wish as Parameters<typeof compare>[0]);
    expect({ wish, differences }).toEqual({ wish, differences: [] });
  }
});

it.skipIf(!hasDnf)(
  'Mostly does what dnf does with packages that need each other at random',
  async () => {
    let [same, all] = [0, 0];
    for (const seed of [2, 3, 4]) {
      const chance = chanceOf(randomFrom(seed));
      const packages = randomDependencies(chance);
      const { previewer } = await compared(packages, []);
      const byNevra = new Map(
        packages.map((p) => [`+${p.name}-${p.version}-${p.release}.${p.arch}`, p]),
      );
      const own = packages.filter(({ arch }) => arch !== 'i686');
      const names = Array.from({ length: 8 }, () => chance.pick(own).name);
      const wish = {
        install: names.filter((n) => previewer.preview([], { install: [n] }).steps[0]),
      };
      const { steps } = previewer.preview([], wish);
      const installed = steps.flatMap((step) => byNevra.get(step) ?? []);
      const { compare } = await compared(packages, installed);
      for (const asked of [
        { updateAll: 'all' as const },
        { install: [chance.pick(packages).name] },
        { install: [chance.pick(packages).name] },
        ...(installed.length > 0 ? [{ remove: [chance.pick(installed).name] }] : []),
      ]) {
        const { differences } = await compare(asked);
        if (differences.length === 0) same++;
        all++;
      }
    }
    expect(all).toBeGreaterThan(8);
    expect(same / all).toBeGreaterThanOrEqual(0.9);
  },
);
