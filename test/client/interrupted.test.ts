import { expect, it } from 'vitest';
import {
  createMachine,
  type FakeServer,
  type Machine,
  shells,
  startFakeServer,
} from './machine.ts';

// Each takes its time; bash has the other tests.
const present = shells.filter((s) => !s.absent && s.name !== 'bash');

/** A machine that has a registration elsewhere, `.repo` files and a key of its own; and all its files. */
async function scene(): Promise<{ machine: Machine; before: Record<string, string> }> {
  const machine = await createMachine(
    'serverURL=https://old.example/XMLRPC\nx=1\nsslCACert=/old\n',
  );
  await machine.write('etc/sysconfig/rhn/systemid', 'of another server');
  for (const name of ['a', 'b c', 'd']) await machine.write(`etc/yum.repos.d/${name}.repo`, name);
  return { machine, before: await machine.files('etc') };
}

async function serverWithKeys(): Promise<FakeServer> {
  const server = await startFakeServer();
  server.gpgKeyUrl = 'file:///etc/pki/rpm-gpg/RPM-GPG-KEY-river';
  return server;
}

/** Calls this with 1, 2, 3 … until it says that the run was not cut off any more; gives how often it was. */
async function atEachStep(run: (killAt: number) => Promise<boolean>): Promise<number> {
  for (let killAt = 1; killAt < 60; killAt++) if (!(await run(killAt))) return killAt - 1;
  throw new Error('there is no end of steps');
}

it.each(present)(
  'under $name: killed at any step of register, unregister brings all back, and register goes on',
  async ({ command: shell }) => {
    const server = await serverWithKeys();
    const register = ['register', '--key', 'k', '--server', server.url, '--force', '--takeover'];
    const cutOff = await atEachStep(async (killAt) => {
      for (const then of ['unregister', 'register'] as const) {
        const { machine, before } = await scene();
        const { code } = await machine.run('osms', register, { shell, killAt });
        if (code === 0) return false;
        expect(code, `step ${killAt}`).toBe('SIGKILL');
        if (then === 'register') {
          expect(await machine.run('osms', register, { shell })).toMatchObject({
            code: 0,
            err: '',
          });
          const files = Object.keys(await machine.files('etc'));
          expect(files.filter((f) => f.endsWith('.repo'))).toEqual([]);
          expect(files).toContain('yum.repos.d/b c.repo.osms-backup');
          expect(await machine.read('etc/sysconfig/rhn/up2date')).toContain(server.url);
          expect(await machine.read('etc/sysconfig/rhn/systemid')).toContain('ID-1');
          expect(await machine.read('etc/pki/rpm-gpg/RPM-GPG-KEY-river')).toBe('a key\n');
        }
        await machine.run('osms', ['unregister'], { shell });
        const after = await machine.files('etc');
        delete after['sysconfig/rhn/systemid.save'];
        expect(after, `step ${killAt}, then ${then}`).toEqual(before);
      }
      return true;
    });
    expect(cutOff).toBeGreaterThan(15);
  },
  120_000,
);

it.each(present)(
  'under $name: killed at any step of unregister, the next one brings the rest back',
  async ({ command: shell }) => {
    const server = await serverWithKeys();
    const register = ['register', '--key', 'k', '--server', server.url, '--force', '--takeover'];
    const cutOff = await atEachStep(async (killAt) => {
      const { machine, before } = await scene();
      expect(await machine.run('osms', register, { shell })).toMatchObject({ code: 0 });
      const { code } = await machine.run('osms', ['unregister'], { shell, killAt });
      if (code === 0) return false;
      expect(code, `step ${killAt}`).toBe('SIGKILL');
      await machine.run('osms', ['unregister'], { shell });
      expect(await machine.files('etc'), `step ${killAt}`).toEqual(before);
      return true;
    });
    expect(cutOff).toBeGreaterThan(8);
    expect(server.instances.size).toBe(0);
  },
  120_000,
);
