import { SimpleAuthenticationDetailsProvider } from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { type Door, openDoor } from './signing.ts';

function clientOf(door: Door): OsManagementClient {
  const [tenancy, user, fingerprint] = door.ada.keyId.split('/');
  const pem = String(door.ada.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const client = new OsManagementClient({
    authenticationDetailsProvider: new SimpleAuthenticationDetailsProvider(
      ...([tenancy!, user!, fingerprint!, pem, null] as const),
    ),
  });
  client.endpoint = door.url;
  return client;
}

/** What the door said, of whatever model the client takes it to be. */
const said = (answer: unknown) =>
  answer as { name: string; by: string; url: string; sent?: string };

it('What the SDK signs is let in: reading, making, changing and removing', async () => {
  const door = await openDoor();
  const client = clientOf(door);
  const { softwareSource: made } = await client.createSoftwareSource({
    createSoftwareSourceDetails: {
      displayName: 'größer 中',
      compartmentId: 'c',
      archType: 'X86_64',
    } as never,
  });
  expect(said(made)).toMatchObject({ name: 'ada', by: 'signature' });
  expect(said(made).sent).toContain('größer 中');
  const { softwareSource: changed } = await client.updateSoftwareSource({
    ...{ softwareSourceId: 'x', updateSoftwareSourceDetails: { description: 'neu' } },
  });
  expect(said(changed)).toMatchObject({ name: 'ada' });
  const { softwareSource: got } = await client.getSoftwareSource({ softwareSourceId: 'x' });
  expect(said(got)).toMatchObject({ name: 'ada' });
  await client.deleteSoftwareSource({ softwareSourceId: 'x' });
});

it('It is let in with an empty body', async () => {
  const door = await openDoor();
  const client = clientOf(door);
  await client.runScheduledJobNow({ scheduledJobId: 'x' });
  await client.skipNextScheduledJobExecution({ scheduledJobId: 'x' });
});

const texts = [
  ...['gtk+', 'libstdc++', 'a b', '100%', 'ü', '中文', '😀', 'a\u0301', 'x%C3%BCy', 'a%20b', '%zz'],
  ...[
    "it's",
    '"quoted"',
    '{}',
    '[a]|b',
    '^`~',
    '\\',
    '<a>',
    '@:;,/?',
    '$(a)*!',
    'é{ü}|%41+',
    '=',
    '',
  ],
  ...['\u007f', '\u00a0', '\u0085', 'ﬁ', '%7F', '%7B', '%c3%bc'],
];

it.each(texts)('It is let in with %j in the query', async (text) => {
  const door = await openDoor();
  const { items } = await clientOf(door).listManagedInstances({
    ...{ compartmentId: 'c', displayName: text, limit: 3 },
  });
  expect(said(items[0])).toMatchObject({ name: 'ada' });
});

it.each(texts.filter((text) => text !== ''))('It is let in with %j in the path', async (text) => {
  const door = await openDoor();
  const client = clientOf(door);
  const { softwareSource } = await client.getSoftwareSource({ softwareSourceId: text });
  expect(said(softwareSource)).toMatchObject({ name: 'ada' });
});
