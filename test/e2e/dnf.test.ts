import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { hasCreaterepo, hasDnfDownload, hasRpmbuild } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';

const story =
  'makes its cache, queries, downloads and installs; sees what upstream publishes after a sync; installs with upstream gone';

it.skipIf(!hasDnfDownload || !hasCreaterepo || !hasRpmbuild)(`a real dnf ${story}`, async () => {
  const folder = await temporaryFolder();
  const repository = join(folder, 'repository');
  await buildRpm(repository, 'weir', '1.0');
  await buildRpm(repository, 'sluice', '1.0', ['weir >= 1.0']);
  await createRepository(repository);
  const upstream = await startUpstream(repository);
  const { url, sync } = await startApp([{ label: 'river-noarch', upstream: upstream.url }]);
  expect(await sync('river-noarch')).toMatchObject({ outcome: 'updated', packages: 2 });

  const dnf = await createDnf(join(folder, 'dnf'), `${url}/channels/river-noarch/`);
  await dnf('makecache');
  expect(await dnf.packages()).toEqual([
    'sluice-0:1.0-1.noarch Packages/sluice-1.0-1.noarch.rpm',
    'weir-0:1.0-1.noarch Packages/weir-1.0-1.noarch.rpm',
  ]);

  const downloads = join(folder, 'downloads');
  await mkdir(downloads);
  await dnf('download', `--destdir=${downloads}`, 'weir');
  const rpm = 'weir-1.0-1.noarch.rpm';
  expect(
    (await readFile(join(downloads, rpm))).equals(
      await readFile(join(repository, 'Packages', rpm)),
    ),
  ).toBe(true);

  const root = join(folder, 'root');
  await dnf('install', `--installroot=${root}`, 'sluice');
  const installed = () => readFile(join(root, 'usr/share/sluice/version'), 'utf8');
  expect(await installed()).toBe('1.0\n');

  await buildRpm(repository, 'sluice', '1.1', ['weir >= 1.0']);
  await createRepository(repository);
  expect(await sync('river-noarch')).toMatchObject({
    outcome: 'updated',
    revision: 2,
    packages: 3,
    packagesAdded: 1,
    packagesRemoved: 0,
  });
  expect(await dnf.packages()).toContain('sluice-0:1.1-1.noarch Packages/sluice-1.1-1.noarch.rpm');
  await dnf('upgrade', `--installroot=${root}`);
  expect(await installed()).toBe('1.1\n');

  await upstream.close();
  const again = join(folder, 'another-root');
  await dnf('--refresh', 'install', `--installroot=${again}`, 'sluice');
  expect(await readFile(join(again, 'usr/share/sluice/version'), 'utf8')).toBe('1.1\n');
});
