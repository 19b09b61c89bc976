import { requests } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixtureCopy } from '../../support/app.ts';
import { allOf, refusalOf, startApi } from './sdk.ts';

async function start() {
  const upstream = `file:${await fixtureCopy('ol8')}/`;
  const filters = [{ modules: { include: ['millrace:2.4'] } }];
  const api = await startApi([
    { label: 'ol8', upstream },
    { label: 'old', from: ['ol8'], filters },
  ]);
  await api.sync('ol8');
  const { resources } = api.app.identity;
  const id = async (label: string) => (await resources.of('source', label)).ocid;
  return { ...api, id, softwareSourceId: await id('ol8') };
}

it('A source lists its module streams and their profiles', async () => {
  const { client, id, softwareSourceId } = await start();
  const sortBy = requests.ListModuleStreamsRequest.SortBy.Displayname;
  const streams = await allOf(client.listAllModuleStreams({ softwareSourceId, sortBy, limit: 1 }));
  expect(streams).toEqual([
    { moduleName: 'millrace', streamName: '2.10', softwareSourceId },
    { moduleName: 'millrace', streamName: '2.4', softwareSourceId },
  ]);
  // Nothing said: the latest first.
  const latest = await client.listModuleStreams({ softwareSourceId, moduleName: 'millrace' });
  expect(latest.items.map((s) => s.streamName)).toEqual(['2.10', '2.4']);
  const profilesOf = async (more: Partial<requests.ListModuleStreamProfilesRequest>) =>
    (
      await allOf(
        client.listAllModuleStreamProfiles({ softwareSourceId, sortBy, limit: 2, ...more }),
      )
    ).map((p) => `${p.moduleName}:${p.streamName}/${p.profileName}`);
  expect(await profilesOf({})).toEqual([
    ...['common', 'documented', 'minimal'].map((name) => `millrace:2.10/${name}`),
    ...['common', 'minimal'].map((name) => `millrace:2.4/${name}`),
  ]);
  const one = { moduleName: 'millrace', streamName: '2.4' };
  expect(await profilesOf({ ...one, profileName: 'common' })).toEqual(['millrace:2.4/common']);
  expect(await profilesOf({ moduleName: 'other' })).toEqual([]);
  const view = await client.listModuleStreams({ softwareSourceId: await id('old') });
  expect(view.items.map((s) => s.streamName)).toEqual(['2.4']);
  const missing = await refusalOf(
    client.listModuleStreams({ softwareSourceId, streamName: '2.4' }),
  );
  expect(missing).toMatchObject({ status: 400, code: 'MissingParameter' });
});

it('A stream and a profile are shown with what they are of', async () => {
  const { client, softwareSourceId } = await start();
  const stream = { softwareSourceId, moduleName: 'millrace', streamName: '2.4' };
  const packages = [
    'millrace-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
    'millrace-libs-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
  ];
  const { moduleStream } = await client.getModuleStream(stream);
  expect(moduleStream).toEqual({
    ...{ ...stream, isDefault: true, architecture: 'x86_64', packages },
    description:
      'The current of water that drives a mill wheel. This is the stream that runs if nobody says which.',
    profiles: ['common', 'minimal'],
  });
  // They name packages as other operations do.
  for (const softwarePackageName of packages)
    await client.getSoftwarePackage({ softwareSourceId, softwarePackageName });
  const { moduleStreamProfile } = await client.getModuleStreamProfile({
    ...{ ...stream, profileName: 'minimal' },
  });
  expect(moduleStreamProfile).toEqual({
    ...{ moduleName: 'millrace', streamName: '2.4', profileName: 'minimal' },
    ...{ isDefault: false, description: 'Only the libraries', packages: ['millrace-libs'] },
  });
  for (const refused of [
    client.getModuleStream({ ...stream, streamName: '9' }),
    client.getModuleStream({ ...stream, moduleName: 'x/y' }),
    client.getModuleStreamProfile({ ...stream, profileName: 'none' }),
  ]) {
    expect(await refusalOf(refused)).toMatchObject({
      ...{ status: 404, code: 'NotAuthorizedOrNotFound' },
    });
  }
});
