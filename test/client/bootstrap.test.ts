import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasOpenssl, makeCertificates } from '../mirror/certificates.ts';
import { temporaryFolder } from '../support/app.ts';
import { createMachine, type Machine, shells, startFakeServer } from './machine.ts';

const releases = {
  6: 'Oracle Linux Server release 6.10',
  7: 'Oracle Linux Server release 7.9',
  8: 'Oracle Linux Server release 8.10',
};

/** A machine of this release that has these packages, and can install others. */
async function bare(release: keyof typeof releases, packages: string[] = []): Promise<Machine> {
  const machine = await createMachine();
  await machine.write('etc/oracle-release', `${releases[release]}\n`);
  await machine.write('packages', packages.map((p) => `${p}\n`).join(''));
  await machine.command(
    'rpm',
    'for last; do :; done; case "$*" in *-qf*) exit 1 ;; esac; grep -qx -- "$last" "$OSMS_ROOT/packages"',
  );
  for (const name of ['yum', 'dnf']) {
    await machine.command(
      name,
      `echo "${name} $*" >>"$LOG"; shift 2; printf '%s\\n' "$@" >>"$OSMS_ROOT/packages"`,
    );
  }
  return machine;
}

const scriptOf = async (url: string) => (await fetch(`${url}/pub/bootstrap.sh`)).text();

describe.each(shells.filter((s) => !s.absent))('bootstrap.sh under $name', ({ command: shell }) => {
  it.each([
    [6, 'yum', 'yum-rhn-plugin'],
    [7, 'yum', 'yum-rhn-plugin'],
    [8, 'dnf', 'dnf-plugin-spacewalk'],
  ] as const)(
    'installs the clients of release %i and registers with one line',
    async (release, manager, plugin) => {
      const server = await startFakeServer();
      const machine = await bare(release, ['rhn-check']);
      await machine.write('etc/yum.repos.d/a.repo', 'a');
      const stdin = await scriptOf(server.url);
      const args = ['--key', 'k', '--takeover', '--name', 'a name'];
      const result = await machine.run('bootstrap.sh', args, { shell, stdin });
      expect(result).toMatchObject({ code: 0, err: '' });
      expect(await machine.calls()).toEqual([
        `${manager} -y install rhn-client-tools ${plugin}`,
        `rhnreg_ks --activationkey=k --serverUrl=${server.url}/XMLRPC --profilename=a name`,
      ]);
      expect(Object.keys(await machine.files('etc/yum.repos.d'))).toEqual(['a.repo.osms-backup']);

      // What it has installed undoes it, and knows its server.
      expect(await machine.read('usr/bin/osms')).toContain(`default_server='${server.url}'`);
      expect(await machine.run('bootstrap.sh', args, { shell, stdin })).toMatchObject({ code: 0 });
      expect(await machine.calls()).toEqual([]);
      expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });
      expect(server.instances.size).toBe(0);
      expect(Object.keys(await machine.files('etc/yum.repos.d'))).toEqual(['a.repo']);
    },
  );

  it('does nothing with any download that was cut off', async () => {
    const server = await startFakeServer();
    const machine = await bare(8);
    const before = await machine.files('');
    const whole = (await scriptOf(server.url)).trimEnd();
    const cuts = [0, 1, 7, 12, 20].map((n) => whole.length - n - 1);
    for (let at = 1; at < 12; at++) cuts.push(Math.floor((whole.length * at) / 12));
    for (const cut of cuts) {
      const options = { shell, stdin: whole.slice(0, cut) };
      const { out } = await machine.run('bootstrap.sh', ['--key', 'k'], options);
      expect(out).toBe('');
    }
    expect(await machine.calls()).toEqual([]);
    expect(await machine.files('')).toEqual(before);
    expect(server.asked.filter((p) => p !== '/pub/bootstrap.sh')).toEqual([]);
  });

  it('is refused without a key, on a release without clients, and where they cannot be installed', async () => {
    const server = await startFakeServer();
    const stdin = await scriptOf(server.url);
    const machine = await bare(8);
    const run = (...args: string[]) => machine.run('bootstrap.sh', args, { shell, stdin });
    expect(await run('--takeover')).toMatchObject({ code: 1, out: '' });
    await machine.write('etc/oracle-release', 'Oracle Linux Server release 9.4');
    expect((await run('--key=k')).err).toContain('release 9 has no such clients');
    await machine.write('etc/oracle-release', 'something');
    expect((await run('--key=k')).err).toContain('this is no Oracle Linux');
    await machine.write('etc/oracle-release', releases[8]);
    await machine.command('dnf', 'exit 1');
    expect((await run('--key=k')).err).toContain('cannot install rhn-client-tools');
    expect(await machine.calls()).toEqual([]);
    expect(await machine.files('usr')).toEqual({});
  });

  it('takes forks of the clients for what they are, and leaves a package’s own osms alone', async () => {
    const server = await startFakeServer();
    const machine = await bare(8);
    for (const name of ['rhn-profile-sync', 'rhn_check']) await machine.command(name, 'exit 0');
    await machine.command('rpm', 'case "$*" in *-qf*) exit 0 ;; *) exit 1 ;; esac');
    const plugin = 'usr/lib/python3.6/site-packages/dnf-plugins/osmsplugin.py';
    await machine.write(plugin, '');
    await machine.write('usr/bin/osms', 'theirs');
    const stdin = await scriptOf(server.url);
    const result = await machine.run('bootstrap.sh', ['--key', 'k'], { shell, stdin });
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(await machine.calls()).toHaveLength(1);
    expect(await machine.read('usr/bin/osms')).toBe('theirs');
    expect(await machine.read('usr/local/bin/osms')).toContain('unregister');
  });

  it.skipIf(!hasOpenssl)(
    'installs the certificate of a server that made its own, and puts back the one before',
    async () => {
      const certificates = await makeCertificates(await temporaryFolder());
      const server = await startFakeServer(certificates);
      const ca = await readFile(certificates.ca, 'utf8');
      const machine = await bare(8, [
        'rhn-check',
        'rhn-setup',
        'rhn-client-tools',
        'dnf-plugin-spacewalk',
      ]);
      await machine.command(
        'rhnreg_ks',
        registersOver(join(machine.root, 'usr/share/rhn/RHN-ORG-TRUSTED-SSL-CERT')),
      );
      const path = 'usr/share/rhn/RHN-ORG-TRUSTED-SSL-CERT';
      await machine.write(path, 'another server’s\n');
      const before = await machine.files('etc');

      const first = await machine.run('osms', ['register', '--key', 'k', '--server', server.url], {
        shell,
      });
      expect(first).toMatchObject({ code: 1 });
      expect(first.err).toContain('name it with --ca FILE');
      expect(await machine.files('etc')).toEqual(before);

      const template = await readFile(
        new URL('../../client/bootstrap.sh', import.meta.url),
        'utf8',
      );
      const stdin = template
        .replace("'@SERVER@'", `'${server.url}'`)
        .replace("'@CA@'", `'${ca.trim()}'`);
      const result = await machine.run('bootstrap.sh', ['--key', 'k'], { shell, stdin });
      expect(result).toMatchObject({ code: 0, err: '' });
      expect((await machine.read(path)).trim()).toBe(ca.trim());
      expect(await machine.read('etc/sysconfig/rhn/up2date')).toContain(`sslCACert=/${path}\n`);
      expect(await machine.calls()).toEqual([
        `rhnreg_ks --activationkey=k --serverUrl=${server.url}/XMLRPC --sslCACert=/${path}`,
      ]);
      server.gpgKeyUrl = 'file:///etc/pki/rpm-gpg/RPM-GPG-KEY-late';
      const again = ['register', '--server', server.url];
      expect(await machine.run('osms', again, { shell })).toMatchObject({ code: 0, err: '' });
      expect(await machine.read('etc/pki/rpm-gpg/RPM-GPG-KEY-late')).toBe('a key\n');
      expect(await machine.run('osms', ['status'], { shell })).toMatchObject({ code: 0 });
      expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({
        code: 0,
        err: '',
      });
      expect(server.instances.size).toBe(0);
      expect(await machine.read(path)).toBe('another server’s\n');
      expect(await machine.files('etc')).toEqual(before);
    },
  );
});

const registersOver = (ca: string) => `
printf 'rhnreg_ks' >>"$LOG"; printf ' %s' "$@" >>"$LOG"; echo >>"$LOG"
for option; do case $option in --serverUrl=*) url=\${option#*=} ;; esac; done
curl -sf --cacert '${ca}' "\${url%/XMLRPC}/new" -o "$OSMS_ROOT/etc/sysconfig/rhn/systemid"`;
