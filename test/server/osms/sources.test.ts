import { expect, it } from 'vitest';
import { invented } from '../../mirror/repository.ts';
import { createYumClient } from '../../support/yum-client.ts';
import { brook, type Shown, startSources } from './source-frame.ts';

async function read(url: string): Promise<string[]> {
  const client = createYumClient(url);
  try {
    return (await client.makeCache()).packages.map((p) => `${p.name}-${p.version}`).sort();
  } finally {
    client.close();
  }
}

it('A source that the SDK makes is a custom one, which packages are put into and taken out of', async () => {
  const { client, make, next, url } = await startSources();
  await next(brook('1'), brook('2'), invented('weir'));
  const made = await make('Our Tools: größer', {
    description: 'what we need',
    maintainerName: 'Ada',
    maintainerEmail: 'ada@example.com',
    maintainerPhone: '+1 2',
    checksumType: 'SHA256',
    freeformTags: { team: 'web' },
    definedTags: { cost: { centre: '42' } },
  });
  expect(made).toMatchObject({
    displayName: 'Our Tools: größer',
    description: 'what we need',
    archType: 'X86_64',
    maintainerPhone: '+1 2',
    status: 'NORMAL',
    lifecycleState: 'ACTIVE',
    packages: 0,
    checksumType: 'SHA256',
    freeformTags: { team: 'web' },
    definedTags: { cost: { centre: '42' } },
    associatedManagedInstances: [],
    headwater: { label: 'Our-Tools:-gro-er', arch: 'x86_64' },
  });
  expect(made.id).toMatch(/^ocid1\.osmssoftwaresource\.oc1\.\.[a-z2-7]{60}$/);
  const channel = `${url}/channels/${made.headwater.label}/`;
  expect(new URL(made.url).pathname).toBe(new URL(channel).pathname);
  expect(await read(channel)).toEqual([]);
  const add = (...packageNames: string[]) =>
    client.addPackagesToSoftwareSource({
      softwareSourceId: made.id,
      addPackagesToSoftwareSourceDetails: { packageNames },
    });
  await add('brook', 'brook-1-1.noarch', 'weir-0:1-1.noarch');
  expect(await read(channel)).toEqual(['brook-1', 'brook-2', 'weir-1']);
  await expect(add('mill', 'brook-9-1.noarch')).rejects.toMatchObject({
    statusCode: 400,
    serviceCode: 'InvalidParameter',
    message: expect.stringContaining('no package mill, brook-9-1.noarch'),
  });
  const { softwareSource } = await client.getSoftwareSource({ softwareSourceId: made.id });
  expect(softwareSource).toMatchObject({ id: made.id, packages: 3 });
  await client.removePackagesFromSoftwareSource({
    softwareSourceId: made.id,
    removePackagesFromSoftwareSourceDetails: { packageNames: ['brook-2-1.noarch'] },
  });
  expect(await read(channel)).toEqual(['brook-1', 'weir-1']);
  await client.deleteSoftwareSource({ softwareSourceId: made.id });
  const gone = client.getSoftwareSource({ softwareSourceId: made.id });
  await expect(gone).rejects.toMatchObject({
    statusCode: 404,
    serviceCode: 'NotAuthorizedOrNotFound',
  });
  // One of the same name is another one.
  const again = await make('Our Tools: größer');
  expect(again.id).not.toBe(made.id);
  expect(await read(channel)).toEqual([]);
});

it('A mirrored source, a view and a stage are made by what the configuration file would say of them', async () => {
  const { client, make, next, upstream, ended, call, url } = await startSources();
  await next(brook('1'));
  const mirrored = await make('Mirrored', {
    headwater: {
      label: 'mirror',
      upstream: upstream.url.replace('//', '//me:secret@'),
      sync: { every: '6h' },
      packages: 'on_demand',
    },
  });
  // Nobody is told credentials.
  expect(mirrored.headwater).toEqual({
    label: 'mirror',
    arch: 'x86_64',
    upstream: upstream.url,
    sync: { every: '6h' },
    packages: 'on_demand',
  });
  const { workRequest } = await call('POST', `/softwareSources/${mirrored.id}/actions/sync`, {});
  expect(await ended(workRequest)).toMatchObject({ status: 'SUCCEEDED' });
  const view = await make('View', {
    headwater: { from: ['mirror'], filters: [{ packages: { exclude: ['weir'] } }] },
  });
  expect(view.headwater).toMatchObject({ from: ['mirror'], label: 'View' });
  const stage = await make('Stage', { parentId: mirrored.id, headwater: { follows: 'View' } });
  expect(stage).toMatchObject({ parentId: mirrored.id, parentName: 'Mirrored' });
  const promoted = await call('POST', `/softwareSources/${stage.id}/actions/promote`, {});
  expect(promoted.status).toBe(202);
  expect(await ended(promoted.workRequest)).toMatchObject({
    status: 'SUCCEEDED',
    message: 'Stage offers View@1 as its revision 1; 1 packages fetched',
  });
  expect(await read(`${url}/channels/Stage/`)).toEqual(['brook-1']);
  // What comes back as it was shown is left as it is.
  const change = async (id: string, headwater: object) => {
    const { softwareSource } = await client.updateSoftwareSource({
      softwareSourceId: id,
      updateSoftwareSourceDetails: { description: 'changed', headwater } as object,
    });
    return softwareSource as unknown as Shown;
  };
  const changed = await change(mirrored.id, { ...mirrored.headwater, sync: { every: '1h' } });
  expect(changed).toMatchObject({ description: 'changed', headwater: { sync: { every: '1h' } } });
  expect((await change(mirrored.id, { sync: null })).headwater).not.toHaveProperty('sync');
  const filters = [{ packages: { include: ['brook'] } }];
  expect((await change(view.id, { filters })).headwater).toMatchObject({ filters });
  await expect(
    change(view.id, { filters: [{ packages: { include: ['x'] } }] }),
  ).rejects.toMatchObject({ statusCode: expect.any(Number) });
  await expect(change(view.id, { upstream: upstream.url })).rejects.toMatchObject({
    statusCode: 400,
    serviceCode: 'InvalidParameter',
  });
  await expect(
    client.addPackagesToSoftwareSource({
      softwareSourceId: view.id,
      addPackagesToSoftwareSourceDetails: { packageNames: ['brook'] },
    }),
  ).rejects.toMatchObject({ statusCode: 409, serviceCode: 'IncorrectState' });
  await expect(client.deleteSoftwareSource({ softwareSourceId: view.id })).rejects.toMatchObject({
    statusCode: 409,
  });
});

it('Nothing of the machine itself is named over the API, and no credentials are sent elsewhere', async () => {
  const { client, make, app, upstream, idOf } = await startSources();
  const refused = async (headwater: object, said: RegExp) => {
    await expect(make('x', { headwater })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(said),
    });
  };
  await refused({ upstream: 'file:/etc/' }, /headwater.upstream: names a file/);
  await refused({ mirrorlist: 'file:/etc/passwd' }, /mirrorlist: names a file/);
  for (const key of ['/etc/shadow', 'file:/etc/shadow#-----BEGIN', '/etc/-----BEGIN/../shadow']) {
    await refused({ upstream: upstream.url, gpg_keys: [key] }, /gpg_keys: names a file/);
  }
  const auth = { username: 'me', password_env: 'SECRET' };
  const gpg_keys = [{ key: '/etc/pki/key', fingerprint: 'AB CD '.repeat(10).trim() }];
  await refused({ upstream: upstream.url, auth }, /auth: names files or variables/);
  await refused({ upstream: upstream.url, tls: { ca: '/etc/ca' } }, /tls: names files/);
  await refused({ upstream: upstream.url, nonsense: 1 }, /nonsense/);
  await app.operations.addSource({ label: 'guarded', upstream: upstream.url, auth, gpg_keys });
  const change = (headwater: object) =>
    client.updateSoftwareSource({
      softwareSourceId: id,
      updateSoftwareSourceDetails: { headwater } as object,
    });
  const id = await idOf('guarded');
  const { softwareSource: shown } = await client.getSoftwareSource({ softwareSourceId: id });
  const { headwater } = shown as unknown as Shown;
  await change(headwater);
  expect(await app.operations.sourceDefinition('guarded')).toEqual({
    ...{ label: 'guarded', upstream: upstream.url, auth, gpg_keys },
  });
  await expect(change({ upstream: 'https://elsewhere.example/' })).rejects.toMatchObject({
    statusCode: 400,
    message: expect.stringContaining('has credentials'),
  });
  await change({ upstream: 'https://elsewhere.example/', auth: null });
  expect(await app.operations.sourceDefinition('guarded')).not.toHaveProperty('auth');
});

it('Sources of the configuration file are shown, and read-only but for their compartment', async () => {
  const { client, idOf } = await startSources([{ label: 'view', from: ['base'], name: 'A view' }]);
  const id = await idOf('view');
  const { softwareSource } = await client.getSoftwareSource({ softwareSourceId: id });
  expect(softwareSource).toMatchObject({
    displayName: 'A view',
    headwater: { label: 'view', from: ['base'] },
  });
  const file = { statusCode: 409, message: expect.stringContaining('is in headwater.yaml') };
  await expect(
    client.updateSoftwareSource({
      softwareSourceId: id,
      updateSoftwareSourceDetails: { description: 'x' },
    }),
  ).rejects.toMatchObject(file);
  await expect(client.deleteSoftwareSource({ softwareSourceId: id })).rejects.toMatchObject(file);
});

it('A change asks for the state that it is made from', async () => {
  const { client, make } = await startSources();
  const { id } = await make('one');
  const { etag } = await client.getSoftwareSource({ softwareSourceId: id });
  const change = (displayName: string, ifMatch: string) =>
    client.updateSoftwareSource({
      softwareSourceId: id,
      updateSoftwareSourceDetails: { displayName },
      ifMatch,
    });
  const both = await Promise.allSettled([change('two', etag), change('three', etag)]);
  expect(both.map((b) => b.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await expect(change('four', etag)).rejects.toMatchObject({
    statusCode: 412,
    serviceCode: 'NoEtagMatch',
  });
  const now = await client.getSoftwareSource({ softwareSourceId: id });
  expect((await change('five', now.etag)).softwareSource.displayName).toBe('five');
  await expect(
    client.deleteSoftwareSource({ softwareSourceId: id, ifMatch: etag }),
  ).rejects.toMatchObject({ statusCode: 412 });
});

it('Sources are listed by compartment, name and time, a page at a time', async () => {
  const { client, make, app, root } = await startSources();
  await app.identity.compartments.create('team', '', 'tester');
  const team = app.identity.compartments.ocidOf('team');
  for (const name of ['c', 'a', 'b']) await make(name);
  const away = await make('away', { compartmentId: team });
  const list = async (request: object) => {
    const names: string[] = [];
    const all = client.listAllSoftwareSources({ compartmentId: root, limit: 2, ...request });
    for await (const source of all) names.push(source.displayName);
    return names;
  };
  expect(await list({ sortBy: 'DISPLAYNAME' })).toEqual(['a', 'b', 'base', 'c']);
  expect(await list({ sortBy: 'DISPLAYNAME', sortOrder: 'DESC' })).toEqual([
    ...['c', 'base', 'b', 'a'],
  ]);
  const newest = await list({});
  expect(newest.filter((name) => name !== 'base')).toEqual(['b', 'a', 'c']);
  expect(await list({ displayName: 'b' })).toEqual(['b']);
  expect(await list({ lifecycleState: 'DELETED' })).toEqual([]);
  expect(await list({ compartmentId: team })).toEqual(['away']);
  await client.changeSoftwareSourceCompartment({
    softwareSourceId: away.id,
    changeSoftwareSourceCompartmentDetails: { compartmentId: root },
  });
  expect(await list({ compartmentId: team })).toEqual([]);
  expect(await list({ displayName: 'away' })).toEqual(['away']);
});

it('A parent is not removed before its children', async () => {
  const { make, call } = await startSources();
  const parent = await make('Parent');
  const child = await make('Child', { parentId: parent.id });
  const remove = ({ id }: Shown) => call('DELETE', `/softwareSources/${id}`);
  expect(await remove(parent)).toMatchObject({
    ...{ status: 409, body: { message: expect.stringMatching(/Child would lose/) } },
  });
  expect(await remove(child)).toMatchObject({ status: 204 });
  expect(await remove(parent)).toMatchObject({ status: 204 });
});

it('A name is one line without control characters', async () => {
  const { make, call, root, app } = await startSources();
  const { id } = await make('Our “tools” – 日本');
  for (const displayName of ['a\nbaseurl=http://192.0.2.1/', 'a\0', '\u001b[2J', '\u202eslot']) {
    const text = JSON.stringify(displayName);
    const about = { compartmentId: root, displayName };
    const answers = [
      await call('POST', '/softwareSources', { ...about, archType: 'X86_64' }),
      await call('PUT', `/softwareSources/${id}`, { displayName }),
      await call('POST', '/managedInstanceGroups', about),
    ];
    expect(
      answers.map(({ status }) => status),
      text,
    ).toEqual([400, 400, 400]);
    for (const { body } of answers) expect(body.message, text).toMatch(/^displayName: one line/);
  }
  expect(await app.operations.listSources()).toHaveLength(2);
});

it('A source that is made twice with one retry token is made once', async () => {
  const { client, root, app } = await startSources();
  const make = () =>
    client.createSoftwareSource({
      createSoftwareSourceDetails: {
        ...{ compartmentId: root, displayName: 'once', archType: 'X86_64' as never },
      },
      opcRetryToken: 'a-token',
    });
  const [first, second] = [await make(), await make()];
  expect(second.softwareSource.id).toBe(first.softwareSource.id);
  expect((await app.operations.listSources()).map((s) => s.label)).toEqual(['base', 'once']);
});

it('Packages are added by the names that lists of packages show, a thousand at a time and at once', async () => {
  const { client, make, next, idOf } = await startSources();
  const pebbles = Array.from({ length: 1000 }, (_, i) => invented(`pebble${i}`, '1', 10));
  await next(...pebbles, brook('1'), brook('2'));
  const namesIn = async (softwareSourceId: string) => {
    const names: string[] = [];
    const all = client.listAllSoftwareSourcePackages({ softwareSourceId, limit: 300 });
    for await (const pkg of all) names.push(pkg.name);
    return names.sort();
  };
  const shown = await namesIn(await idOf('base'));
  expect(shown).toHaveLength(1002);
  const { id: softwareSourceId } = await make('all');
  const addPackagesToSoftwareSourceDetails = { packageNames: shown };
  const add = () =>
    client.addPackagesToSoftwareSource({ softwareSourceId, addPackagesToSoftwareSourceDetails });
  await Promise.all([add(), add()]);
  expect(await namesIn(softwareSourceId)).toEqual(shown);
  const removePackagesFromSoftwareSourceDetails = { packageNames: shown.slice(0, 1001) };
  await client.removePackagesFromSoftwareSource({
    ...{ softwareSourceId, removePackagesFromSoftwareSourceDetails },
  });
  expect(await namesIn(softwareSourceId)).toEqual(shown.slice(1001));
});
