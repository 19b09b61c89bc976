import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnfOf } from '../support/dnf.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { createGpg, makeKey, signRpm } from '../support/rpm-signing.ts';
import { hasCreaterepo, hasDnf, hasRpmSigning } from '../support/tools.ts';

const story =
  'installs a signed package with nothing but the .repo file, and refuses one by another key';

it.skipIf(!hasDnf || !hasCreaterepo || !hasRpmSigning)(
  `a real dnf ${story}`,
  async () => {
    const folder = await temporaryFolder();
    const repository = join(folder, 'repository');
    const gpg = await createGpg();
    const [first, vendor, stranger] = [await makeKey(gpg), await makeKey(gpg), await makeKey(gpg)];
    for (const [name, key] of [
      ['weir', vendor],
      ['sluice', stranger],
    ] as const) {
      await buildRpm(repository, name, '1.0');
      await signRpm(gpg, join(repository, `Packages/${name}-1.0-1.noarch.rpm`), key);
    }
    await createRepository(repository);
    const repomd = join(repository, 'repodata/repomd.xml');
    await gpg('--armor', '--detach-sign', '--local-user', vendor.fingerprint, repomd);

    // The key that counts is the second of its document.
    const source = {
      upstream: `file:${repository}/`,
      gpg_keys: [`${first.armored}\n${vendor.armored}`],
    };
    const { url, sync } = await startApp([
      { ...source, label: 'river', verify: { repomd: 'required' } },
      { ...source, label: 'strict', verify: { packages: 'signature' } },
    ]);
    for (const label of ['river', 'strict']) {
      expect(await sync(label)).toMatchObject({ outcome: 'updated', warnings: [] });
    }
    const repoFile = (label: string) =>
      fetch(`${url}/channels/${label}.repo`).then((r) => r.text());
    const text = await repoFile('river');
    expect(text).toContain(`gpgkey=${url}/keys/river.asc\n`);
    expect(text).toContain('\ngpgcheck=1\n');
    expect(text).toContain('repo_gpgcheck=1\n');

    const dnf = await createDnfOf(join(folder, 'dnf'), text);
    const root = join(folder, 'root');
    await dnf('install', `--installroot=${root}`, 'weir');
    expect(await readFile(join(root, 'usr/share/weir/version'), 'utf8')).toBe('1.0\n');
    const refused = dnf('install', `--installroot=${root}`, 'sluice');
    await expect(refused).rejects.toThrow(
      /sluice-1\.0-1\.noarch\.rpm is not signed|GPG check FAILED|Public key/i,
    );
    await expect(readFile(join(root, 'usr/share/sluice/version'))).rejects.toThrow('ENOENT');

    const strict = await createDnfOf(join(folder, 'strict'), await repoFile('strict'));
    const other = join(folder, 'other-root');
    await strict('install', `--installroot=${other}`, 'weir');
    await expect(strict('install', `--installroot=${other}`, 'sluice')).rejects.toThrow(
      /sluice-1\.0-1\.noarch: Cannot download/,
    );
  },
  120_000,
);

it.skipIf(!hasDnf || !hasCreaterepo || !hasRpmSigning)(
  'a real dnf, too, takes no repomd.xml by a key that has expired since it signed, but does take a package',
  async () => {
    const folder = await temporaryFolder();
    const repository = join(folder, 'repository');
    const gpg = await createGpg();
    const at = ['--faked-system-time', '20200110T000000!'];
    const old = await makeKey(gpg, {
      expire: '30d',
      at: ['--faked-system-time', '20200101T000000!'],
    });
    await buildRpm(repository, 'weir', '1.0');
    await signRpm(gpg, join(repository, 'Packages/weir-1.0-1.noarch.rpm'), old, at);
    await createRepository(repository);
    const repomd = join(repository, 'repodata/repomd.xml');
    await gpg(...at, '--armor', '--detach-sign', '--local-user', old.fingerprint, repomd);
    const base = { upstream: `file:${repository}/`, gpg_keys: [old.armored] };
    const { url, sync } = await startApp([
      { ...base, label: 'required', verify: { repomd: 'required' } },
      { ...base, label: 'packages', verify: { packages: 'signature' }, packages: 'immediate' },
    ]);
    expect(await sync('required')).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
    expect(await sync('packages')).toMatchObject({ outcome: 'updated', setAsideCount: 0 });

    const text = await fetch(`${url}/channels/packages.repo`).then((r) => r.text());
    const lenient = await createDnfOf(join(folder, 'lenient'), text);
    const root = join(folder, 'root');
    await lenient('install', `--installroot=${root}`, 'weir');
    expect(await readFile(join(root, 'usr/share/weir/version'), 'utf8')).toBe('1.0\n');
    const strict = await createDnfOf(join(folder, 'strict'), `${text}repo_gpgcheck=1\n`);
    await expect(strict('makecache')).rejects.toThrow(/GPG|signature/i);
  },
  120_000,
);
