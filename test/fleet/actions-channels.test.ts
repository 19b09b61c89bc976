import { expect, it } from 'vitest';
import { createWorld, type Spec, streamOf } from '../channels/content/world.ts';

const base: Spec = {
  packages: [
    'openssl-1:1.1-1.x86_64',
    'openssl-1:1.2-1.x86_64',
    'openssl-1:1.2-1.i686',
    'node-0:18.2-1.module+el8+2.x86_64',
    'node-0:20.1-1.module+el8+3.x86_64',
  ],
  advisories: [
    { id: 'ELSA-1', packages: ['openssl-1:1.2-1.x86_64', 'openssl-1:1.2-1.aarch64'] },
    { id: 'ELSA-2', packages: ['gone-0:1-1.noarch'] },
  ],
  modules: [
    streamOf('node:18:1:aa', ['node-0:18.1-1.module+el8+1.x86_64']),
    streamOf('node:18:2:aa', ['node-0:18.2-1.module+el8+2.x86_64']),
    streamOf('node:20:1:aa', ['node-0:20.1-1.module+el8+3.x86_64']),
  ],
};

const one = (name: string, version: string, release = '1', epoch = '') => ({
  ...{ name, version, release, epoch, arch: 'x86_64' },
});

/** An instance that has the source, and what it has installed. */
async function createInstance() {
  const { app, change } = await createWorld({ base });
  const { managed } = app.app;
  const about = { by: 'test', groups: ['Registrars'] };
  await app.app.operations.addUser('ann', 'a long enough password', about);
  const { instance } = await managed.registration.register(
    {
      ...{ name: 'one', osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' },
      ...{ keys: [], user: { name: 'ann', password: 'a long enough password' } },
    },
    '127.0.0.1',
  );
  await managed.channelLists.attach([instance.id], ['base'], { by: 'user:ann' });
  await managed.profiles.replace(instance.id, [
    one('openssl', '1.1', '1', '1'),
    one('node', '18.1', '1.module+el8+1'),
  ]);
  const run = async (kind: string, params: object) => {
    const [made] = await managed.actions.create([instance.id], { kind, params }, 'user:ann');
    return made!.id;
  };
  return { managed, instance, run, change };
}

it('An update by name and one by advisories are handed out as the sources of the instance have them', async () => {
  const { managed, instance, run, change } = await createInstance();
  const { actions, advisories } = managed;
  const names = [{ name: 'openssl' }, { name: 'node' }, { name: 'other' }];
  const update = await run('packages.update', { packages: names });
  expect(await actions.next(instance)).toEqual({
    id: update,
    kind: 'packages.update',
    params: [
      [
        ['openssl', '1.2', '1', '1', 'x86_64'],
        ['node', '18.2', '1.module+el8+2', '', 'x86_64'],
      ],
    ],
  });
  await actions.submit(instance, update, { status: 0, message: 'Update Succeeded', data: {} });

  const errata = await run('errata.update', { advisories: ['ELSA-2', 'ELSA-1'] });
  const handed = await actions.next(instance);
  expect(handed).toMatchObject({ id: errata, kind: 'errata.update' });
  const [[number]] = handed!.params as [[number]];
  expect(await advisories.packagesOf(instance, number)).toEqual([
    { name: 'openssl', epoch: '1', version: '1.2', release: '1', arch: 'x86_64' },
  ]);
  expect((await actions.show(errata)).result).toEqual({ leftOut: ['ELSA-2'] });
  await actions.submit(instance, errata, { status: 0, message: 'Update Succeeded', data: {} });
  await expect(advisories.packagesOf(instance, number + 1)).rejects.toMatchObject({
    detail: { reason: 'no_such_advisory' },
  });

  // What the source has meanwhile counts.
  await change('base', { packages: [...base.packages, 'openssl-1:1.3-1.x86_64'] });
  const again = await run('packages.update', { packages: [{ name: 'openssl' }] });
  expect((await actions.next(instance))?.params).toEqual([
    [['openssl', '1.3', '1', '1', 'x86_64']],
  ]);
  await actions.submit(instance, again, { status: 0, message: 'Update Succeeded', data: {} });
  const none = await run('errata.update', { advisories: ['ELSA-1'] });
  expect(await actions.next(instance)).toBeUndefined();
  expect((await actions.show(none)).state).toBe('failed');
});

it('What an instance was given goes with it', async () => {
  const { managed, instance, run } = await createInstance();
  const id = await run('packages.refresh_list', {});
  await managed.instances.remove(instance.id, { actor: 'user:ann' });
  await expect(managed.actions.show(id)).rejects.toMatchObject({ kind: 'not_found' });
  expect(await managed.actions.next(instance)).toBeUndefined();
});
