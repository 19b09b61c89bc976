import { createPublicKey } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigFileAuthenticationDetailsProvider, DefaultRequestSigner } from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/identity/api-keys.ts';
import { createPlace, type Place } from './headwater.ts';

interface Initialised {
  administrator: { user: string; made: boolean; profile: string | null; profileFile: string };
}

const init = async (place: Place) => (await place.json<Initialised>('init')).value.administrator;

it("What init prints is a profile that OCI's SDK signs with as it is", async () => {
  const place = await createPlace('');
  const { stdout, stderr } = await place.run('init');
  expect(stderr).toContain('An administrator was made: admin.');
  const file = join(place.folder, 'oci-config');
  await writeFile(file, stdout);
  const provider = new ConfigFileAuthenticationDetailsProvider(file, 'DEFAULT');
  const [tenancy, user, fingerprint] = (await provider.getKeyId()).split('/');
  expect(tenancy).toMatch(/^ocid1\.tenancy\.oc1\.\.[a-z2-7]{60}$/);
  expect(user).toMatch(/^ocid1\.user\.oc1\.\.[a-z2-7]{60}$/);
  expect(fingerprint).toBe(fingerprintOf(createPublicKey(provider.getPrivateKey())));
  const headers = new Headers();
  const uri = 'http://127.0.0.1:8080/20190801/softwareSources';
  await new DefaultRequestSigner(provider).signHttpRequest({
    method: 'GET',
    uri,
    headers,
  } as never);
  expect(headers.get('authorization')).toContain(`keyId="${tenancy}/${user}/${fingerprint}"`);
  const keyFile = /^key_file=(.*)$/m.exec(stdout)![1]!;
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(join(place.folder, 'data/administrator/config'), 'utf8')).toBe(stdout);
});

it("That profile, printed while a server runs, lets OCI's SDK in; so does that of another key", async () => {
  const place = await createPlace('');
  const server = await place.serve();
  const out = join(place.folder, 'other.pem');
  const printed = [
    (await place.run('init')).stdout,
    (await place.run('user', 'key', 'add', 'admin', '--out', out)).stdout,
  ];
  for (const [i, profile] of printed.entries()) {
    const file = join(place.folder, `profile-${i}`);
    await writeFile(file, profile);
    const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(file);
    const client = new OsManagementClient({ authenticationDetailsProvider });
    client.endpoint = server.url;
    const compartmentId = authenticationDetailsProvider.getTenantId();
    expect((await client.listSoftwareSources({ compartmentId })).items).toEqual([]);
    client.close();
  }
});

it('The first start of a server makes them too, and init shows them', async () => {
  const place = await createPlace('');
  const server = await place.serve();
  await expect.poll(() => server.stdout()).toContain('An administrator was made: admin.');
  expect(await init(place)).toMatchObject({
    user: 'admin',
    made: false,
    profile: expect.any(String),
  });
  await server.stop();
  expect(server.stdout() + JSON.stringify(server.logged())).not.toContain('PRIVATE KEY');
});
