import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { execute } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { newPair, openAuth } from './auth.ts';

async function withAda() {
  const auth = await openAuth();
  await auth.users.add('ada', null, { by: 'root' });
  return auth;
}

it('A fingerprint is the MD5 of the public key, as openssl and OCI make it', async () => {
  const { apiKeys } = await withAda();
  const { publicKey } = newPair();
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'key.pem'), publicKey);
  const { stdout } = await execute(
    'sh',
    ['-c', 'openssl pkey -pubin -in key.pem -outform DER | openssl md5 -c'],
    { cwd: folder, env: process.env },
  );
  expect(await apiKeys.add('ada', publicKey, 'root')).toBe(/([0-9a-f:]{47})\s*$/.exec(stdout)![1]);
});

it('Keys are added, found, listed and removed, and are there after a restart', async () => {
  const auth = await withAda();
  const { publicKey } = newPair();
  const fingerprint = await auth.apiKeys.add('ada', publicKey, 'root');
  expect(auth.apiKeys.find('ada', fingerprint)?.equals(createPublicKey(publicKey))).toBe(true);
  expect(auth.apiKeys.list('ada')).toMatchObject([{ user: 'ada', fingerprint }]);
  const { apiKeys, audited } = await auth.again();
  expect(apiKeys.find('ada', fingerprint)).toBeDefined();
  await expect(apiKeys.add('ada', publicKey, 'root')).rejects.toMatchObject({ kind: 'conflict' });
  await apiKeys.remove('ada', fingerprint, 'root');
  expect(apiKeys.find('ada', fingerprint)).toBeUndefined();
  expect(apiKeys.list()).toEqual([]);
  await expect(apiKeys.remove('ada', fingerprint, 'root')).rejects.toMatchObject({
    kind: 'not_found',
  });
  expect((await audited()).slice(0, 2)).toEqual([
    `user:root user.key.removed ada ${fingerprint}`,
    `user:root user.key.added ada ${fingerprint}`,
  ]);
});

it("A key is one user's: it signs for nobody else, be they called the same", async () => {
  const { apiKeys, users } = await withAda();
  await users.add('bob', null, { by: 'root' });
  const { publicKey } = newPair();
  const fingerprint = await apiKeys.add('ada', publicKey, 'root');
  expect(apiKeys.find('bob', fingerprint)).toBeUndefined();
  expect(apiKeys.find('nobody', fingerprint)).toBeUndefined();
  await users.remove('ada', 'root');
  expect(apiKeys.find('ada', fingerprint)).toBeUndefined();
  await users.add('ada', null, { by: 'root' });
  expect(apiKeys.find('ada', fingerprint)).toBeUndefined();
  expect(apiKeys.list('ada')).toEqual([]);
  await apiKeys.add('ada', publicKey, 'root');
  expect(apiKeys.find('ada', fingerprint)).toBeDefined();
});

it('What is no public RSA key of a good size is refused, a private one above all', async () => {
  const { apiKeys } = await withAda();
  const add = (pem: string) => apiKeys.add('ada', pem, 'root');
  const { privateKey, publicKey } = newPair();
  await expect(add(privateKey)).rejects.toThrow('this is a private key');
  await expect(add(privateKey + publicKey)).rejects.toThrow('this is a private key');
  await expect(add(newPair(1024).publicKey)).rejects.toThrow('2048 to 8192 bits');
  const others = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  ];
  for (const other of others) {
    const pem = String(other.publicKey.export({ type: 'spki', format: 'pem' }));
    await expect(add(pem)).rejects.toThrow('no RSA key');
  }
  for (const text of ['', 'ssh-rsa AAAA', publicKey.slice(0, -60), publicKey.padEnd(20_000, '\n')])
    await expect(add(text)).rejects.toMatchObject({ kind: 'usage' });
  expect(apiKeys.list()).toEqual([]);
  const old = String(createPublicKey(publicKey).export({ type: 'pkcs1', format: 'pem' }));
  expect(await add(old)).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
});

it('A user has ten keys at most', async () => {
  const { apiKeys } = await withAda();
  for (let i = 0; i < 10; i++) await apiKeys.add('ada', newPair().publicKey, 'root');
  await expect(apiKeys.add('ada', newPair().publicKey, 'root')).rejects.toThrow('10 keys already');
  await expect(apiKeys.add('bob', newPair().publicKey, 'root')).rejects.toThrow('no user bob');
});
