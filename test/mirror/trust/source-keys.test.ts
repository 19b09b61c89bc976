import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, readKey } from 'openpgp';
import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { startUpstream } from '../../support/upstream.ts';
import { invented, startRepository, writeRepository } from '../repository.ts';

async function makeKey() {
  const { privateKey, publicKey } = await generateKey({ type: 'ecc', userIDs: [{ name: 'V' }] });
  const key = await readKey({ armoredKey: publicKey });
  return { privateKey, publicKey, fingerprint: key.getFingerprint(), bytes: key.write() };
}

/** A repository that is not signed, and a folder of keys at an address. */
async function places() {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  const keys = await startUpstream(await temporaryFolder());
  return {
    upstream,
    keys,
    put: (name: string, text: string | Uint8Array) => writeFile(join(keys.folder, name), text),
  };
}

const served = async (url: string, label: string) => {
  const response = await fetch(`${url}/keys/${label}.asc`);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
};

it('keeps the public keys of every entry and hands them out at one address, each in armour of its own', async () => {
  const { upstream, keys, put } = await places();
  const [a, b, c] = [await makeKey(), await makeKey(), await makeKey()];
  await put('two', `# keys of the vendor\n${a.publicKey}\nsome text\n${b.publicKey}`);
  await put('binary', c.bytes);
  const { sync, url, app } = await startApp([
    {
      label: 'x',
      upstream: upstream.url,
      gpg_keys: [`${keys.url}two`, join(keys.folder, 'binary')],
    },
    { label: 'y', upstream: upstream.url },
  ]);
  expect((await served(url, 'x')).status).toBe(404);
  await sync('x');
  const answer = await served(url, 'x');
  expect(answer).toMatchObject({ status: 200, type: 'application/pgp-keys' });
  expect(answer.text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----/g)).toHaveLength(3);
  expect(answer.text).not.toMatch(/PRIVATE|vendor|\r/);
  const fingerprints = (await app.operations.showSource('x')).keys.flatMap((k) => k.fingerprints);
  expect(fingerprints).toEqual([a.fingerprint, b.fingerprint, c.fingerprint]);
  await sync('y');
  for (const label of ['y', 'z']) expect((await served(url, label)).status).toBe(404);
});

it('takes of an entry with a fingerprint that key alone, and refuses what holds another', async () => {
  const { upstream, keys, put } = await places();
  const [a, b] = [await makeKey(), await makeKey()];
  await put('both', a.publicKey + b.publicKey);
  await put('other', b.publicKey);
  const source = (label: string, name: string): SourceDefinition => ({
    label,
    upstream: upstream.url,
    gpg_keys: [{ key: keys.url + name, fingerprint: a.fingerprint }],
  });
  const { sync, app } = await startApp([source('both', 'both'), source('other', 'other')]);
  expect(await sync('both')).toMatchObject({ outcome: 'updated' });
  expect((await app.operations.showSource('both')).keys[0]?.fingerprints).toEqual([a.fingerprint]);
  const refused = await sync('other');
  expect(refused).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
  expect(refused.reason).toContain(`it holds ${b.fingerprint}, not the key ${a.fingerprint}`);
});

it('says of a fingerprint that it is that of a subkey, and of which key', async () => {
  const { upstream } = await places();
  const { publicKey, fingerprint } = await makeKey();
  const subkey = (await readKey({ armoredKey: publicKey })).subkeys[0]!.getFingerprint();
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url, gpg_keys: [{ key: publicKey, fingerprint: subkey }] },
  ]);
  expect(await sync('a')).toMatchObject({
    outcome: 'failed',
    kind: 'untrusted',
    reason: `source a: the inline key cannot be read as a key (${subkey} is a subkey of the key ${fingerprint}): name the primary key in gpg_keys, if the vendor says that it is right`,
  });
});

it('says in a sentence what is wrong with a key file', async () => {
  const { upstream, keys } = await places();
  const missing = join(keys.folder, 'missing');
  const source = (label: string, key: string): SourceDefinition => ({
    label,
    upstream: upstream.url,
    gpg_keys: [key],
  });
  const { sync } = await startApp([
    source('path', missing),
    source('address', `file://${missing}`),
    source('folder', keys.folder),
    source('below', '/dev/null/key'),
    source('odd', 'file://elsewhere/key'),
  ]);
  const said = async (label: string) => (await sync(label)).reason;
  const about = (label: string, key: string, why: string) =>
    `source ${label}: ${key} cannot be read as a key (${why}): check gpg_keys`;
  expect(await said('path')).toBe(about('path', missing, 'there is no such file'));
  expect(await said('address')).toBe(
    about('address', `file://${missing}`, 'there is no such file'),
  );
  expect(await said('folder')).toBe(about('folder', keys.folder, 'it is a folder'));
  expect(await said('below')).toBe(about('below', '/dev/null/key', 'there is no such file'));
  expect(await said('odd')).toMatch(/it cannot be opened, ERR_INVALID_FILE_URL_HOST/);
});

it('refuses private key material in every form, and stores none of it', async () => {
  const { upstream, keys, put } = await places();
  const { privateKey, publicKey } = await makeKey();
  const body = privateKey.replaceAll('PRIVATE', 'PUBLIC');
  await put('private', privateKey);
  await put('mixed', publicKey + body);
  await put('binary', Buffer.from(armourless(privateKey), 'base64'));
  const { sync, url } = await startApp(
    ['private', 'mixed', 'binary'].map((label) => ({
      label,
      upstream: upstream.url,
      gpg_keys: [keys.url + label],
    })),
  );
  for (const label of ['private', 'mixed', 'binary']) {
    const result = await sync(label);
    expect(result).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
    expect(result.reason).toContain('it is a private key');
    expect((await served(url, label)).status).toBe(404);
  }
});

/** The base64 of a block of armour, without its checksum. */
const armourless = (text: string) =>
  text
    .split('\n')
    .slice(1, -1)
    .filter((line) => /^[A-Za-z0-9+/]+=*\r?$/.test(line))
    .join('');

it('uses the keys of before where their address is down, and says so; without them it waits for the key', async () => {
  const { upstream, keys, put } = await places();
  const { publicKey } = await makeKey();
  await put('key', publicKey);
  const { sync, url } = await startApp([
    { label: 'a', upstream: upstream.url, gpg_keys: [`${keys.url}key`] },
    { label: 'late', upstream: upstream.url, gpg_keys: [`${keys.url}key`] },
    {
      label: 'strict',
      upstream: upstream.url,
      gpg_keys: [`${keys.url}key`],
      verify: { packages: 'signature' },
    },
  ]);
  await sync('a');
  const before = await served(url, 'a');
  expect(keys.requests).toEqual(['/key']);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  expect(keys.requests).toEqual(['/key']);

  keys.fault = (_, response) => !!response.writeHead(503).end();
  await publishAgain(upstream.folder);
  const again = await sync('a');
  expect(again).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(again.warnings.join()).toMatch(/key cannot be had; its keys of before are used/);
  expect(await served(url, 'a')).toEqual(before);

  const late = await sync('late');
  expect(late).toMatchObject({ outcome: 'updated' });
  expect(late.warnings.join()).toMatch(/key cannot be had, so that its keys are missing/);
  expect(await sync('late')).toMatchObject({ outcome: 'unchanged' });
  expect(await sync('strict')).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
  keys.fault = undefined;
  expect(await sync('late')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect((await served(url, 'late')).text).toBe(before.text);
  expect(await sync('strict')).toMatchObject({ outcome: 'updated' });
});

it('takes a key up that changed in its file, with a revision of its own', async () => {
  const { upstream, keys, put } = await places();
  const [a, b] = [await makeKey(), await makeKey()];
  await put('key', a.publicKey);
  const gpg_keys = [join(keys.folder, 'key')];
  const { sync, app, url } = await startApp([{ label: 'a', upstream: upstream.url, gpg_keys }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 1 });
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  await put('key', b.publicKey);
  expect(await sync('a')).toMatchObject({
    outcome: 'updated',
    revision: 2,
    bytes: expect.any(Number),
  });
  expect((await app.operations.showSource('a')).keys[0]?.fingerprints).toEqual([b.fingerprint]);
  const key = await readKey({ armoredKey: (await served(url, 'a')).text });
  expect(key.getFingerprint()).toBe(b.fingerprint);
  expect(key.isPrivate()).toBe(false);
});

/** Publishes one package more. */
async function publishAgain(folder: string): Promise<void> {
  await writeRepository(folder, {
    only: ['primary'],
    packages: [invented('brook'), invented('weir')],
    time: 1_700_000_100,
  });
}
