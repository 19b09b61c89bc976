import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace } from '../cli/headwater.ts';
import { createMachine } from '../client/machine.ts';
import { temporaryFolder } from '../support/app.ts';
import { buildRpm, createRepository } from '../support/rpm-repository.ts';
import { createGpg, makeKey } from '../support/rpm-signing.ts';
import { hasCreaterepo, hasRpmSigning } from '../support/tools.ts';

/** In place of rhnreg_ks, which Debian does not have: makes its calls with Python's own client. */
const registers = `exec /usr/bin/python3 - "$@" <<'END'
import os, sys, xmlrpc.client
options = dict(o[2:].split("=", 1) for o in sys.argv[1:] if "=" in o)
server = xmlrpc.client.ServerProxy(options["serverUrl"])
systemid = server.registration.new_system({
    "profile_name": options.get("profilename", "machine.example"), "os_release": "8",
    "release_name": "oraclelinux-release", "architecture": "x86_64", "token": options["activationkey"]})
server.registration.add_packages(systemid, [])
with open(os.environ["OSMS_ROOT"] + "/etc/sysconfig/rhn/systemid", "w") as file:
    file.write(systemid)
server.queue.get(systemid, 2, {"uname": ["Linux", "m", "5.4", "#1", "x86_64"], "uptime": [1, 1]})
END`;

it.skipIf(!hasCreaterepo || !hasRpmSigning)(
  'the bootstrap script of a server registers a machine there, with the keys of its channels; osms takes it away',
  async () => {
    const folder = await temporaryFolder();
    const repository = join(folder, 'repository');
    await buildRpm(repository, 'weir', '1.0');
    await createRepository(repository);
    const gpg = await createGpg();
    const { armored, fingerprint } = await makeKey(gpg);
    const source = { arch: 'x86_64', release: '8', upstream: `file:${repository}/` };
    const place = await createPlace(
      JSON.stringify({
        min_free: '1MB',
        channels: { access: 'registered' },
        sources: [{ label: 'river', ...source, gpg_keys: [armored] }],
      }),
    );
    expect(await place.run('sync', '--all')).toMatchObject({ code: 0 });
    const { url } = await place.serve();
    const made = ['key', 'create', '--name', 'web', '--sources', 'river', '--uses', '2'];
    const { key } = (await place.json<{ key: string }>(...made)).value;
    const names = async () => {
      const { value } = await place.json<{ id: number; name: string }[]>('instance', 'list');
      return value.map((i) => i.name);
    };

    const machine = await createMachine();
    await machine.write('etc/oracle-release', 'Oracle Linux Server release 8.10\n');
    await machine.write('etc/yum.repos.d/a.repo', 'a');
    await machine.command('rpm', 'case "$*" in *-qf*) exit 1 ;; esac');
    await machine.command('dnf', 'exit 1');
    await machine.command('rhnreg_ks', registers);
    const before = await machine.files('etc');
    const stdin = await (await fetch(`${url}/pub/bootstrap.sh`)).text();
    const args = ['--takeover', '--name', 'a machine'];
    const options = { stdin, env: { OSMS_KEY: key } };
    const result = await machine.run('bootstrap.sh', args, options);
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toContain(`registered with ${url} as ID-10`);
    expect(await names()).toEqual(['a machine']);
    const file = 'etc/pki/rpm-gpg/RPM-GPG-KEY-river';
    const shown = await gpg('--show-keys', '--with-colons', join(machine.root, file));
    expect(shown.toLowerCase()).toContain(fingerprint);
    expect((await machine.run('osms', ['status'])).out).toContain(`server: ${url}\n`);
    expect((await machine.run('osms', ['status'])).out).toContain('channel: river\n');

    // Again, and once more after it was removed here.
    expect(await machine.run('bootstrap.sh', args, options)).toMatchObject({ code: 0 });
    expect(await names()).toEqual(['a machine']);
    const [, id] = /ID-(\d+)/.exec(result.out)!;
    expect(await place.run('instance', 'remove', id!)).toMatchObject({ code: 0 });
    expect(await machine.run('osms', ['status'])).toMatchObject({ code: 1 });
    expect(await machine.run('bootstrap.sh', args, options)).toMatchObject({ code: 0 });
    expect(await names()).toEqual(['a machine']);

    expect(await machine.run('osms', ['unregister'])).toMatchObject({ code: 0, err: '' });
    expect(await names()).toEqual([]);
    expect(await machine.files('etc')).toEqual(before);

    const spent = await machine.run('bootstrap.sh', args, options);
    expect(spent).toMatchObject({ code: 1 });
    expect(await machine.files('etc')).toEqual(before);
  },
  120_000,
);
