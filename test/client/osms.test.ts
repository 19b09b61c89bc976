import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine, shells, startFakeServer } from './machine.ts';

const former =
  'serverURL = https://old.example/XMLRPC\nsslCACert=/usr/share/rhn/OLD;\\\n  /etc/OTHER\n';

describe.each(shells.filter((s) => !s.absent))('osms under $name', ({ command: shell }) => {
  it('points the machine to the server, registers it, and undoes both', async () => {
    const server = await startFakeServer();
    const settings = `# by hand\nhttpProxy=a\\b&c.example:3128\n${former}noReboot=0\n`;
    const machine = await createMachine(settings);
    const registered = await machine.run(
      'osms',
      ['register', '--key', 'k1,k2', '--server', `${server.url}/`, '--name', 'a machine'],
      { shell },
    );
    expect(registered).toMatchObject({ code: 0, err: '' });
    expect(registered.out).toContain(`registered with ${server.url} as ID-1000010000\n`);
    expect(await machine.calls()).toEqual([
      `rhnreg_ks --activationkey=k1,k2 --serverUrl=${server.url}/XMLRPC --profilename=a machine`,
    ]);
    const pointed = await machine.read('etc/sysconfig/rhn/up2date');
    expect(pointed).toContain(`serverURL=${server.url}/XMLRPC\n`);
    expect(pointed).toContain('httpProxy=a\\b&c.example:3128\n');
    expect(pointed).not.toContain('old.example');

    const status = await machine.run('osms', ['status'], { shell });
    expect(status).toEqual({
      code: 0,
      out: `registered: ID-1000010000\nserver: ${server.url}\nchannel: river\n`,
      err: '',
    });

    // What someone changes meanwhile stays.
    await machine.write('etc/sysconfig/rhn/up2date', `${pointed}debug=1\n`);
    const gone = await machine.run('osms', ['unregister'], { shell });
    expect(gone).toEqual({ code: 0, out: 'ID-1000010000 is unregistered\n', err: '' });
    expect(server.instances.size).toBe(0);
    expect(await machine.files('etc')).toEqual({
      'sysconfig/rhn/up2date': `# by hand\nhttpProxy=a\\b&c.example:3128\nserverURL= https://old.example/XMLRPC\nsslCACert=/usr/share/rhn/OLD;  /etc/OTHER\nnoReboot=0\ndebug=1\n`,
    });
    expect(await machine.run('osms', ['status'], { shell })).toMatchObject({
      code: 1,
      out: 'not registered\n',
    });
    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });
  });

  it('run twice changes nothing more; with --force makes one record in place of the other', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const register = (...more: string[]) =>
      machine.run('osms', ['register', '--key', 'k', '--server', server.url, ...more], { shell });
    await register();
    const before = await machine.files('');
    await machine.calls();
    expect(await register()).toMatchObject({ code: 0 });
    expect(await machine.calls()).toEqual([]);
    expect(await machine.files('')).toEqual(before);

    expect(await register('--force')).toMatchObject({ code: 0, err: '' });
    expect([...server.instances]).toEqual(['1000010001']);
    await machine.run('osms', ['unregister'], { shell });
    expect(server.instances.size).toBe(0);
  });

  it('leaves .repo files alone, and with --takeover renames each and puts each back', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const names = ['ol8.repo', 'with blank.repo', "it's $(odd) *?\n\\.repo", '-n.repo'];
    for (const name of names) await machine.write(`etc/yum.repos.d/${name}`, name);
    await machine.write('etc/elsewhere', 'linked');
    await machine.write('etc/yum.repos.d/notes.txt', 'no .repo file');
    await symlink('../elsewhere', join(machine.root, 'etc/yum.repos.d/link.repo'));
    await symlink('/nowhere/at all', join(machine.root, 'etc/yum.repos.d/dangling.repo'));
    const before = await machine.files('etc/yum.repos.d');
    const args = ['register', '--key', 'k', '--server', server.url];

    await machine.run('osms', args, { shell });
    expect(await machine.files('etc/yum.repos.d')).toEqual(before);

    expect(await machine.run('osms', [...args, '--takeover'], { shell })).toMatchObject({
      code: 0,
    });
    const taken = Object.entries(before).map(([name, content]) => [
      name.endsWith('.repo') ? `${name}.osms-backup` : name,
      content,
    ]);
    expect(await machine.files('etc/yum.repos.d')).toEqual(Object.fromEntries(taken));
    expect((await machine.run('osms', ['status'], { shell })).out).toContain(
      'taken over: with blank.repo.osms-backup\n',
    );

    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });
    expect(await machine.files('etc/yum.repos.d')).toEqual(before);
  });

  it('keeps both where a .repo file has come since', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const args = ['register', '--key', 'k', '--server', server.url, '--takeover'];
    await machine.write('etc/yum.repos.d/a.repo', 'first');
    await machine.write('etc/yum.repos.d/b.repo', 'first');
    await machine.run('osms', args, { shell });
    await machine.write('etc/yum.repos.d/a.repo', 'second');
    await machine.run('osms', args, { shell });
    await machine.write('etc/yum.repos.d/b.repo', 'third');
    const { code, out } = await machine.run('osms', ['unregister'], { shell });
    expect(code).toBe(0);
    expect(out).toMatch(/b\.repo has come since: both are kept, .* b\.repo\.osms-backup\n/);
    expect(await machine.files('etc/yum.repos.d')).toEqual({
      'a.repo': 'first',
      'a.repo.osms-backup.1': 'second',
      'b.repo': 'third',
      'b.repo.osms-backup': 'first',
    });
  });

  it('leaves another server’s registration alone, or with --force for as long as its own lasts', async () => {
    const server = await startFakeServer();
    const machine = await createMachine('serverURL=https://old.example/XMLRPC\n');
    const systemid = 'etc/sysconfig/rhn/systemid';
    await machine.write(systemid, '<params>of another</params>');
    const before = await machine.files('etc');
    const args = ['register', '--key', 'k', '--server', server.url];
    const refused = await machine.run('osms', args, { shell });
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('registered with https://old.example; with --force');
    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 1 });
    expect(await machine.files('etc')).toEqual(before);

    expect(await machine.run('osms', [...args, '--force'], { shell })).toMatchObject({ code: 0 });
    expect(await machine.read(systemid)).toContain('ID-1000010000');
    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });
    expect(await machine.files('etc')).toEqual(before);
    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 1 });
    expect(await machine.files('etc')).toEqual(before);
  });

  it('leaves everything as it was where the registration fails', async () => {
    const server = await startFakeServer();
    const machine = await createMachine(former);
    await machine.command('rhnreg_ks', 'echo "no such key"; exit 1');
    await machine.write('etc/yum.repos.d/a.repo', 'a');
    const before = await machine.files('etc');
    const args = ['register', '--key', 'k', '--server', server.url, '--takeover'];
    const failed = await machine.run('osms', args, { shell });
    expect(failed).toMatchObject({ code: 1, out: 'no such key\n' });
    expect(failed.err).toContain('registration failed (rhnreg_ks ended with 1)');
    expect(Object.keys(await machine.files('etc'))).toEqual(Object.keys(before));
    expect(await machine.read('etc/yum.repos.d/a.repo')).toBe('a');
  });

  it('counts a machine as registered whose first rhn_check failed', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const works = 'curl -sf "$URL/new" -o "$OSMS_ROOT/etc/sysconfig/rhn/systemid"; exit 255';
    await machine.command('rhnreg_ks', works);
    const result = await machine.run('osms', ['register', '--key', 'k', '--server', server.url], {
      shell,
      env: { URL: server.url },
    });
    expect(result).toMatchObject({ code: 0 });
    expect(result.err).toContain('rhnreg_ks ended with 255 after it had registered');
  });

  it('installs the keys that channels name and the machine has not, and takes them away', async () => {
    const server = await startFakeServer();
    const folder = 'file:///etc/pki/rpm-gpg';
    server.gpgKeyUrl = `${folder}/RPM-GPG-KEY-a ${folder}/RPM-GPG-KEY-b ${folder}/../../passwd ${folder}/.x http://h/k`;
    const machine = await createMachine();
    await machine.write('etc/pki/rpm-gpg/RPM-GPG-KEY-a', 'the machine’s own');
    await machine.run('osms', ['register', '--key', 'k', '--server', server.url], { shell });
    expect(await machine.files('etc/pki')).toEqual({
      'rpm-gpg/RPM-GPG-KEY-a': 'the machine’s own',
      'rpm-gpg/RPM-GPG-KEY-b': 'a key\n',
    });
    // Those of a channel that came later, too.
    server.gpgKeyUrl = `${folder}/RPM-GPG-KEY-late:r`;
    const again = ['register', '--server', server.url];
    expect(await machine.run('osms', again, { shell })).toMatchObject({ code: 0 });
    expect(await machine.read('etc/pki/rpm-gpg/RPM-GPG-KEY-late:r')).toBe('a key\n');
    // And what its keys are by now, but not in place of the machine's own.
    server.gpgKeyUrl = `${folder}/RPM-GPG-KEY-a ${folder}/RPM-GPG-KEY-b ${folder}/RPM-GPG-KEY-late:r`;
    server.key = 'a newer key\n';
    const renewed = await machine.run('osms', again, { shell });
    expect(renewed.out.match(/installed the key/g)).toHaveLength(2);
    expect(await machine.files('etc/pki')).toEqual({
      'rpm-gpg/RPM-GPG-KEY-a': 'the machine’s own',
      'rpm-gpg/RPM-GPG-KEY-b': 'a newer key\n',
      'rpm-gpg/RPM-GPG-KEY-late:r': 'a newer key\n',
    });
    expect((await machine.run('osms', again, { shell })).out).not.toContain('installed');
    server.key = '';
    const kept = await machine.run('osms', again, { shell });
    expect(kept.err).toContain('RPM-GPG-KEY-b stays as it is');
    expect(await machine.read('etc/pki/rpm-gpg/RPM-GPG-KEY-b')).toBe('a newer key\n');

    await machine.run('osms', ['unregister'], { shell });
    expect(await machine.files('etc/pki')).toEqual({
      'rpm-gpg/RPM-GPG-KEY-a': 'the machine’s own',
    });
  });

  it('registers a machine anew that the server does not know any more', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const register = ['register', '--server', server.url];
    await machine.run('osms', [...register, '--key', 'k'], { shell });
    server.instances.clear();
    const without = await machine.run('osms', register, { shell });
    expect(without).toMatchObject({ code: 2 });
    expect(without.out).toBe('the server does not know ID-1000010000 any more\n');
    expect(await machine.run('osms', [...register, '--key', 'k'], { shell })).toMatchObject({
      code: 0,
    });
    expect([...server.instances]).toEqual(['1000010001']);
    expect(await machine.run('osms', ['status'], { shell })).toMatchObject({ code: 0 });
  });

  it('disables the plugins of a machine that it has unregistered, unless another server goes on with them', async () => {
    const server = await startFakeServer();
    const files = ['etc/dnf/plugins/spacewalk.conf', 'etc/yum/pluginconf.d/rhnplugin.conf'];
    const enabled = '[main]\n# yes\nenabled = 1\ngpgcheck = 1\n\n[river]\nenabled=1\n';
    for (const former of [false, true]) {
      const machine = await createMachine();
      for (const file of files) await machine.write(file, enabled);
      if (former) await machine.write('etc/sysconfig/rhn/systemid', 'of another server');
      const register = ['register', '--key', 'k', '--server', server.url, '--force'];
      expect(await machine.run('osms', register, { shell })).toMatchObject({ code: 0 });
      expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });
      const left = former ? enabled : enabled.replace('enabled = 1', 'enabled = 0');
      for (const file of files) expect(await machine.read(file)).toBe(left);
    }
  });

  it('unregisters a machine also where the server knows it no more, or does not answer', async () => {
    const server = await startFakeServer();
    const machine = await createMachine();
    const register = ['register', '--key', 'k', '--server', server.url];
    await machine.run('osms', register, { shell });
    server.instances.clear();
    const status = await machine.run('osms', ['status'], { shell });
    expect(status).toMatchObject({ code: 1 });
    expect(status.out).toContain(
      'the server says: Error Message: no such system Error Class Code: 9\n',
    );
    expect(await machine.run('osms', ['unregister'], { shell })).toMatchObject({ code: 0 });

    await machine.run('osms', register, { shell });
    await machine.write('var/spool/up2date/loginAuth.pkl', 'a token');
    await machine.command('curl', 'exit 7');
    const result = await machine.run('osms', ['unregister'], { shell });
    expect(result).toMatchObject({ code: 1 });
    expect(result.err).toContain('`headwater instance remove 1000010001` there removes it');
    expect(Object.keys(await machine.files('etc'))).toEqual(['sysconfig/rhn/up2date']);
    expect(await machine.files('var/spool')).toEqual({});
  });

  it.each([
    [[], 2],
    [['explode'], 2],
    [['register', '--server', 'http://127.0.0.1:9'], 2],
    [['register'], 1],
    [['register', '--key'], 2],
    [['register', '--key', 'k', '--bogus'], 2],
    [['register', '--key', 'k'], 1],
    [['register', '--key', 'k', '--server', "http://h/';id;'"], 1],
    [['register', '--key', 'k', '--server', 'ftp://h'], 1],
  ])('refuses %j', async (args, code) => {
    const machine = await createMachine();
    const before = await machine.files('etc');
    const result = await machine.run('osms', args, { shell });
    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toMatch(/^osms: /);
    expect(await machine.calls()).toEqual([]);
    expect(await machine.files('etc')).toEqual(before);
  });
});
