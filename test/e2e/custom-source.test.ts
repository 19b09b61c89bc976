import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConfigFileAuthenticationDetailsProvider } from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { createPlace } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { createDnfOf } from '../support/dnf.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { hasCreaterepo, hasDnf, hasRpmbuild, projectRoot } from '../support/tools.ts';

const capable = hasDnf && hasCreaterepo && hasRpmbuild;

/** Calls a method as an XML-RPC client of Python does. Gives its result. */
async function call(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const program = join(projectRoot, 'test/e2e/plugin/call.py');
  const child = spawn('/usr/bin/python3', [program, `${url}/XMLRPC`, method]);
  child.stdin.end(JSON.stringify(params));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(err);
  return JSON.parse(out);
}

it.skipIf(!capable)(
  'A custom source is made through the SDK, filled, attached to an instance, and a real dnf there installs a package of it',
  async () => {
    const folder = await temporaryFolder();
    const river = join(folder, 'river');
    const sea = join(folder, 'sea');
    await buildRpm(river, 'weir', '1.0');
    await buildRpm(river, 'weir', '1.1');
    await buildRpm(sea, 'sluice', '1.0', ['weir < 1.1']);
    await buildRpm(sea, 'kraken', '1.0');
    for (const repository of [river, sea]) await createRepository(repository);
    const empty = join(folder, 'empty');
    await buildRpm(empty, 'base', '1.0');
    await createRepository(empty);
    const source = (label: string, repository: string) => ({
      ...{ label, upstream: `file:${repository}/`, release: '8', arch: 'x86_64' },
    });
    const place = await createPlace(
      JSON.stringify({
        min_free: '1MB',
        channels: { access: 'registered' },
        sources: [source('ol8', empty), source('river', river), source('sea', sea)],
      }),
    );
    expect(await place.run('sync', '--all')).toMatchObject({ code: 0 });
    const { url } = await place.serve();
    const { value } = await place.json<{ administrator: { profileFile: string } }>('init');
    const provider = new ConfigFileAuthenticationDetailsProvider(value.administrator.profileFile);
    const client = new OsManagementClient({ authenticationDetailsProvider: provider });
    client.endpoint = url;
    const compartmentId = provider.getTenantId();

    const made = await place.json<{ key: string }>(
      ...['key', 'create', '--name', 'web', '--sources', 'ol8'],
    );
    const machine = {
      ...{ profile_name: 'machine.example', release_name: 'oraclelinux-release' },
      ...{ os_release: '8', architecture: 'x86_64', token: made.value.key },
    };
    const systemid = (await call(url, 'registration.new_system', machine)) as string;
    const number = /ID-(\d{9,})</.exec(systemid)![1]!;
    const { items } = await client.listManagedInstances({ compartmentId });
    const managedInstanceId = items[0]!.id;

    const sources = await client.listSoftwareSources({ compartmentId });
    const parentId = sources.items.find((s) => s.displayName === 'ol8')!.id;
    const { softwareSource } = await client.createSoftwareSource({
      createSoftwareSourceDetails: {
        ...{ compartmentId, displayName: 'Our tools', archType: 'X86_64' as never, parentId },
      },
    });
    const softwareSourceId = softwareSource.id;
    await client.addPackagesToSoftwareSource({
      softwareSourceId,
      addPackagesToSoftwareSourceDetails: { packageNames: ['weir-1.0-1.noarch', 'sluice'] },
    });
    await client.attachChildSoftwareSourceToManagedInstance({
      managedInstanceId,
      attachChildSoftwareSourceToManagedInstanceDetails: { softwareSourceId },
    });
    const attached = await client.getSoftwareSource({ softwareSourceId });
    expect(attached.softwareSource).toMatchObject({
      packages: 2,
      parentId,
      associatedManagedInstances: [{ id: managedInstanceId, displayName: 'machine.example' }],
    });

    const { value: credential } = await place.json<{ password: string }>(
      ...['instance', 'credential', number],
    );
    const basic = Buffer.from(`${number}:${credential.password}`).toString('base64');
    const answer = await fetch(`${url}/instances/self/headwater.repo`, {
      headers: { authorization: `Basic ${basic}` },
    });
    const repoFile = await answer.text();
    expect(repoFile.match(/^\[.*\]$/gm)?.sort()).toEqual(['[Our-tools]', '[ol8]']);
    const dnf = await createDnfOf(join(folder, 'dnf'), repoFile);
    const root = join(folder, 'root');
    await expect(dnf('install', `--installroot=${root}`, 'kraken')).rejects.toThrow(/kraken/);
    await dnf('install', `--installroot=${root}`, 'sluice');
    expect(await readFile(join(root, 'usr/share/weir/version'), 'utf8')).toBe('1.0\n');

    // What is taken out is offered no more.
    await client.removePackagesFromSoftwareSource({
      softwareSourceId,
      removePackagesFromSoftwareSourceDetails: { packageNames: ['sluice', 'weir'] },
    });
    const listed = await dnf('-q', '--refresh', 'repoquery', '--repo', 'Our-tools');
    expect(listed.trim()).toBe('');
  },
  120_000,
);
