import { createPublicKey } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigFileAuthenticationDetailsProvider, DefaultRequestSigner } from 'oci-common';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/identity/api-keys.ts';
import { createPlace, type Place } from './headwater.ts';

interface Initialised {
  administrator: { user: string; made: boolean; profile: string | null; profileFile: string };
}

const profileIn = (stdout: string) => stdout.slice(stdout.indexOf('[DEFAULT]'));
const init = async (place: Place) => (await place.json<Initialised>('init')).value.administrator;

it("What init prints is a profile that OCI's SDK signs with as it is", async () => {
  const place = await createPlace('');
  const { stdout } = await place.run('init');
  expect(stdout).toContain('An administrator was made: admin.');
  const file = join(place.folder, 'oci-config');
  await writeFile(file, profileIn(stdout));
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
  expect(await readFile(join(place.folder, 'data/administrator/config'), 'utf8')).toBe(
    profileIn(stdout),
  );
});

it('Run again, it prints the same, and makes nobody else', async () => {
  const place = await createPlace('');
  const first = await init(place);
  const second = await init(place);
  expect(first).toMatchObject({ user: 'admin', made: true });
  expect(second).toEqual({ ...first, made: false });
  const keys = (await place.json<unknown[]>('user', 'key', 'list')).value;
  expect(keys).toHaveLength(1);
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

it('A key that was moved away is not replaced; one that was lost, or is good no more, is', async () => {
  const place = await createPlace('');
  const { profile } = await init(place);
  const [, keyFile] = /^key_file=(.*)$/m.exec(profile!)!;
  const [, fingerprint] = /^fingerprint=(.*)$/m.exec(profile!)!;
  await rm(keyFile!);
  expect(await init(place)).toMatchObject({ user: 'admin', made: false, profile: null });
  expect((await place.run('init')).stdout).toContain('user key add admin --out');
  expect((await place.run('user', 'key', 'remove', 'admin', fingerprint!)).code).toBe(0);
  const again = await init(place);
  expect(again).toMatchObject({ user: 'admin', made: true });
  expect(again.profile).not.toContain(fingerprint);
});

it('A user of before who is called admin does not become one by it', async () => {
  const place = await createPlace('');
  await place.runGiven('correct horse\n', 'user', 'add', 'admin', '--password-stdin');
  expect(await init(place)).toMatchObject({ user: 'admin-2', made: true });
  const { value: keys } = await place.json<{ user: string }[]>('user', 'key', 'list');
  expect(keys.map((key) => key.user)).toEqual(['admin-2']);
});
