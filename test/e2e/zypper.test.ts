import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { createGpg, makeKey, signRpm } from '../support/rpm-signing.ts';
import { hasCreaterepo, hasRpmSigning, hasZypper } from '../support/tools.ts';
import { createZypper } from '../support/zypper.ts';

it.skipIf(!hasZypper || !hasCreaterepo || !hasRpmSigning)(
  'a real zypper reads a signed mirror with nothing but the .repo file, installs from it, and refuses another signature; so it does of a view',
  async () => {
    const folder = await temporaryFolder();
    const repository = join(folder, 'repository');
    const gpg = await createGpg();
    const [vendor, stranger] = [await makeKey(gpg), await makeKey(gpg)];
    for (const name of ['weir', 'sluice']) {
      await buildRpm(repository, name, '1.0');
      await signRpm(gpg, join(repository, `Packages/${name}-1.0-1.noarch.rpm`), vendor);
    }
    await createRepository(repository);
    await gpg(
      '--armor',
      '--detach-sign',
      '--local-user',
      vendor.fingerprint,
      join(repository, 'repodata/repomd.xml'),
    );
    const upstream = `file:${repository}/`;
    const { url, sync } = await startApp([
      { label: 'river', upstream, gpg_keys: [vendor.armored], verify: { repomd: 'required' } },
      { label: 'view', from: ['river'], filters: [{ packages: { exclude: ['sluice'] } }] },
      // Hands out a key that signed nothing of it.
      { label: 'strange', upstream, gpg_keys: [stranger.armored] },
    ]);
    for (const label of ['river', 'strange'])
      expect(await sync(label)).toMatchObject({ outcome: 'updated' });
    const repoFile = (label: string) =>
      fetch(`${url}/channels/${label}.repo`).then((r) => r.text());

    const zypper = await createZypper(join(folder, 'river'), await repoFile('river'));
    expect(await zypper('refresh')).toMatch(/Automatically importing the following key/);
    expect(await zypper('packages')).toMatch(/river\s*\| sluice\s*\| 1\.0-1\s*\| noarch/);
    expect(await zypper('search', 'weir')).toMatch(/weir\s*\| A package of a test/);
    await zypper('install', 'weir');
    const installed = join(folder, 'river/root/usr/share/weir/version');
    expect(await readFile(installed, 'utf8')).toBe('1.0\n');

    const ofView = await createZypper(join(folder, 'view'), await repoFile('view'));
    expect(await ofView('packages')).not.toContain('sluice');
    await ofView('install', 'weir');
    expect(await readFile(join(folder, 'view/root/usr/share/weir/version'), 'utf8')).toBe('1.0\n');

    const strict = `${await repoFile('strange')}repo_gpgcheck=1\n`;
    const other = await createZypper(join(folder, 'strange'), strict);
    await expect(other('refresh')).rejects.toThrow(/[Ss]ignature/);
  },
  120_000,
);
