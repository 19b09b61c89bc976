import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createPlace, type Place } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { createDnfOf, createDnfWithPlugins } from '../support/dnf.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { hasCreaterepo, hasDnf, hasRpmbuild, projectRoot } from '../support/tools.ts';

const plugins = join(projectRoot, 'test/e2e/plugin');
const capable = hasDnf && hasCreaterepo && hasRpmbuild;

interface Fault {
  faultCode: number;
  faultString: string;
}

/** Calls a method as an XML-RPC client of Python does. Gives its result or its fault. */
async function call(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const child = spawn('/usr/bin/python3', [join(plugins, 'call.py'), `${url}/XMLRPC`, method]);
  child.stdin.end(JSON.stringify(params));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(err);
  return JSON.parse(out);
}

/** A server with a parent source, a child of it, and one for another architecture; and a key for the first two. */
async function startServer(access: 'open' | 'registered'): Promise<{
  place: Place;
  url: string;
  folder: string;
  key: string;
}> {
  const folder = await temporaryFolder();
  const sources: object[] = [];
  for (const [label, name, more] of [
    ['river-x86_64', 'weir', { arch: 'x86_64' }],
    ['brook-x86_64', 'sluice', { arch: 'x86_64', parent: 'river-x86_64' }],
    ['river-aarch64', 'lock', { arch: 'aarch64' }],
  ] as const) {
    const repository = join(folder, label);
    await buildRpm(repository, name, '1.0', name === 'sluice' ? ['weir >= 1.0'] : []);
    await createRepository(repository);
    sources.push({ label, release: '8', upstream: `file:${repository}/`, ...more });
  }
  const place = await createPlace(
    JSON.stringify({ min_free: '1MB', channels: { access }, sources }),
  );
  expect(await place.run('sync', '--all')).toMatchObject({ code: 0 });
  const { url } = await place.serve();
  const labels = 'river-x86_64,brook-x86_64';
  const made = await place.json<{ key: string }>(
    'key',
    'create',
    '--name',
    'web',
    '--sources',
    labels,
  );
  expect(made).toMatchObject({ code: 0 });
  return { place, url, folder, key: made.value.key };
}

const installed = (name: string, version = '1.0') => ({
  ...{ name, epoch: '', version, release: '1', arch: 'noarch', installtime: 1_700_000_000 },
});

/** What rhnreg_ks sends; gives the systemid and the id in it. */
async function register(url: string, key: string): Promise<{ systemid: string; id: string }> {
  const about = {
    ...{ profile_name: 'machine.example', release_name: 'oraclelinux-release', os_release: '8' },
    ...{ architecture: 'x86_64', token: key },
  };
  const systemid = (await call(url, 'registration.new_system', about)) as string;
  const id = /ID-(\d{9,})</.exec(systemid)![1]!;
  const hardware = [
    { class: 'MEMORY', ram: '2048', swap: '0' },
    { class: 'NETINFO', hostname: 'machine.example', ipaddr: '192.0.2.1', ip6addr: '' },
  ];
  expect(await call(url, 'registration.add_hw_profile', systemid, hardware)).toBe(0);
  expect(await call(url, 'registration.add_packages', systemid, [installed('weir', '0.9')])).toBe(
    0,
  );
  return { systemid, id };
}

const about = { uname: ['Linux', 'machine', '5.4.17', '#1', 'x86_64'], uptime: [100, 50] };

it.skipIf(!capable)(
  'a real dnf with a plugin goes from registration to an installed package, and is refused once the instance is removed',
  async () => {
    const { place, url, folder, key } = await startServer('registered');
    const began = performance.now();
    const { systemid, id } = await register(url, key);
    expect(await call(url, 'queue.get', systemid, 2, about)).toBe('');
    const file = join(folder, 'systemid');
    await writeFile(file, systemid);
    const dnf = await createDnfWithPlugins(join(folder, 'dnf'), plugins, {
      HEADWATER_URL: url,
      HEADWATER_SYSTEMID: file,
    });
    const listed = await dnf('repolist');
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(listed.match(/^\S+-(x86_64|aarch64)/gm)).toEqual(['brook-x86_64', 'river-x86_64']);

    expect(await dnf('makecache')).toContain('Metadata cache created');
    const root = join(folder, 'root');
    await dnf('install', `--installroot=${root}`, 'sluice');
    expect(await readFile(join(root, 'usr/share/sluice/version'), 'utf8')).toBe('1.0\n');
    expect(await readFile(join(root, 'usr/share/weir/version'), 'utf8')).toBe('1.0\n');

    const profile = [installed('weir'), installed('sluice'), installed('other')];
    expect(await call(url, 'registration.update_packages', systemid, profile)).toBe(0);
    expect(await call(url, 'queue.get', systemid, 2, about)).toBe('');
    const shown = await place.json('instance', 'show', id);
    expect(shown.value).toMatchObject({ id: Number(id), name: 'machine.example', packages: 3 });

    // A token that is good for an hour yet dies with its instance.
    const login = (await call(url, 'up2date.login', systemid)) as Record<string, string>;
    const headers = Object.fromEntries(
      Object.entries(login)
        .filter(([name]) => name !== 'X-RHN-Auth-Channels')
        .map(([name, value]) => [name, String(value)]),
    );
    const repomd = `${url}/XMLRPC/GET-REQ/river-x86_64/repodata/repomd.xml`;
    expect((await fetch(repomd, { headers })).status).toBe(200);
    expect((await fetch(repomd)).status).toBe(401);
    const other = repomd.replace('river-x86_64', 'river-aarch64');
    expect((await fetch(other, { headers })).status).toBeGreaterThanOrEqual(401);
    expect(await place.run('instance', 'remove', id)).toMatchObject({ code: 0 });
    expect((await fetch(repomd, { headers })).status).toBe(401);
    await expect(dnf('repolist')).rejects.toThrow(/fault -9: /);
    const refused = (await call(url, 'queue.get', systemid, 2, about)) as Fault;
    expect(refused.faultCode).toBe(-9);
    expect(refused.faultString).not.toMatch(/\.ts|\bat /);
  },
  120_000,
);

it.skipIf(!capable)(
  'a real dnf with nothing but a .repo file and a password installs a package, and is refused without',
  async () => {
    const { place, url, folder, key } = await startServer('registered');
    const { id } = await register(url, key);
    const credential = await place.json<{ password: string }>('instance', 'credential', id);
    const authorization = `Basic ${Buffer.from(`${id}:${credential.value.password}`).toString('base64')}`;
    const self = `${url}/instances/self/headwater.repo`;
    expect((await fetch(self)).status).toBe(401);
    const answer = await fetch(self, { headers: { authorization } });
    expect(answer.status).toBe(200);
    const repoFile = await answer.text();
    expect(repoFile.match(/^\[.*\]$/gm)?.sort()).toEqual(['[brook-x86_64]', '[river-x86_64]']);

    expect(repoFile).toContain(`\nusername=${id}\npassword=${credential.value.password}\n`);
    const plain = repoFile.replaceAll(/^(username|password)=.*\n/gm, '');
    const without = await createDnfOf(join(folder, 'without'), plain);
    await expect(without('makecache')).rejects.toThrow(/Status code: 401/);
    const dnf = await createDnfOf(join(folder, 'with'), repoFile);
    const root = join(folder, 'root');
    await dnf('install', `--installroot=${root}`, 'sluice');
    expect(await readFile(join(root, 'usr/share/weir/version'), 'utf8')).toBe('1.0\n');
  },
  120_000,
);
