import { chmod, lstat, readlink, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, shells, startFakeServer } from './machine.ts';

const mode = async (machine: Machine, path: string) =>
  ((await stat(join(machine.root, path))).mode & 0o777).toString(8);

describe.each(shells.filter((s) => !s.absent))('osms under $name', ({ command: shell }) => {
  it('shows no systemid and no token to who lists processes, and no key but to rhnreg_ks', async () => {
    const server = await startFakeServer();
    server.gpgKeyUrl = 'file:///etc/pki/rpm-gpg/RPM-GPG-KEY-river';
    const machine = await createMachine();
    const record = 'tr "\\0" " " <"/proc/$$/cmdline" >>"$LOG"; env >>"$LOG"; echo >>"$LOG"';
    await machine.command('curl', `${record}; exec /usr/bin/curl "$@"`);
    const env = { OSMS_KEY: 'the-key' };
    const args = ['register', '--server', server.url];
    expect(await machine.run('osms', args, { shell, env })).toMatchObject({ code: 0, err: '' });
    await machine.run('osms', ['status'], { shell });
    await machine.run('osms', ['unregister'], { shell });
    const seen = await machine.calls();
    expect(seen.filter((line) => line.includes('/XMLRPC')).length).toBeGreaterThan(0);
    expect(seen.filter((line) => line.includes('/keys/river.asc')).length).toBeGreaterThan(0);
    expect(seen.filter((line) => /[ct]100001\d{4}/.test(line))).toEqual([]);
    expect(seen.filter((line) => line.includes('the-key'))).toEqual([
      `rhnreg_ks --activationkey=the-key --serverUrl=${server.url}/XMLRPC`,
    ]);
  });

  it('keeps the modes of files, and what it keeps beside a systemid is as closed as that', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const at = (path: string) => join(machine.root, path);
    await chmod(at('etc/sysconfig/rhn/up2date'), 0o640);
    await machine.write('etc/sysconfig/rhn/systemid', 'of another server');
    await chmod(at('etc/sysconfig/rhn/systemid'), 0o600);
    await machine.run('osms', ['register', '--key', 'k', '--server', server.url, '--force'], {
      shell,
    });
    expect(await mode(machine, 'etc/sysconfig/rhn/up2date')).toBe('640');
    expect(await mode(machine, 'etc/sysconfig/rhn/up2date.osms-backup')).toBe('640');
    expect(await mode(machine, 'etc/sysconfig/rhn/systemid.osms-former')).toBe('600');
    expect(await mode(machine, 'var/lib/osms')).toBe('700');
    await machine.run('osms', ['unregister'], { shell });
    expect(await mode(machine, 'etc/sysconfig/rhn/up2date')).toBe('640');
  });

  it('writes settings where a link leads', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const link = join(machine.root, 'etc/sysconfig/rhn/up2date');
    await rename(link, join(machine.root, 'etc/real settings'));
    await symlink('../../real settings', link);
    const before = await machine.read('etc/real settings');
    await machine.run('osms', ['register', '--key', 'k', '--server', server.url], { shell });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await machine.read('etc/real settings')).toContain(server.url);
    await machine.run('osms', ['unregister'], { shell });
    expect(await readlink(link)).toBe('../../real settings');
    expect(await machine.read('etc/real settings')).toBe(before);
  });

  it('runs one at a time', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const real = await machine.read('../bin/rhnreg_ks');
    await machine.command('rhnreg_ks', `sleep 1\n${real}`);
    const args = ['register', '--key', 'k', '--server', server.url];
    const both = await Promise.all([0, 1].map(() => machine.run('osms', args, { shell })));
    expect(both.map((r) => r.code).sort()).toEqual([0, 1]);
    expect(both.find((r) => r.code === 1)!.err).toBe('osms: another osms is running\n');
    expect(server.instances.size).toBe(1);
  });
});
