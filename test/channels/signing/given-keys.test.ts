import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GivenKey } from '../../../src/channels/signing/given.ts';
import { signDetached } from '../../../src/channels/signing/signer.ts';
import { temporaryFolder } from '../../cli/folder.ts';
import { at, createGpg, exportKey, type Gpg } from '../../support/rpm-signing.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { keysOf } from './keys.ts';

const passphrase = 'a long and secret sentence';
const run = it.skipIf(!hasRpmSigning);

async function make(
  gpg: Gpg,
  algorithm: string,
  { secret = '', usage = 'sign', time = [] as string[], expire = 'never' } = {},
): Promise<string> {
  const name = `Given ${Math.random().toString(36).slice(2)}`;
  const open = ['--pinentry-mode', 'loopback', '--passphrase', secret];
  await gpg(...time, ...open, '--quick-gen-key', name, algorithm, usage, expire);
  const { fingerprint } = await exportKey(gpg, name);
  return fingerprint;
}

async function secretOf(gpg: Gpg, name: string, { secret = '', what = 'keys' } = {}) {
  const open = ['--pinentry-mode', 'loopback', '--passphrase', secret];
  return gpg(...open, '--armor', `--export-secret-${what}`, name);
}

async function given(text: string, secret?: string) {
  const folder = await temporaryFolder();
  const key = join(folder, 'given.asc');
  const passphraseFile = join(folder, 'passphrase');
  await writeFile(key, text);
  await writeFile(passphraseFile, `${secret}\n`);
  const list = [{ key, ...(secret !== undefined && { passphraseFile }) }];
  return keysOf(join(folder, 'data'), list);
}

run('A given key signs in place of one that the server makes; gpg knows it', async () => {
  const gpg = await createGpg();
  const fingerprint = await make(gpg, 'rsa2048', { secret: passphrase });
  const keys = await given(await secretOf(gpg, fingerprint, { secret: passphrase }), passphrase);
  expect(await keys.ensure()).toEqual({ made: false, fingerprints: [fingerprint] });
  expect(await keys.list()).toMatchObject([{ fingerprint, state: 'active', origin: 'given' }]);
  await expect(keys.rotate()).rejects.toMatchObject({ kind: 'conflict' });
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'text'), 'a text');
  await writeFile(
    join(folder, 'text.asc'),
    await signDetached(Buffer.from('a text'), await keys.privateKeys()),
  );
  await gpg('--verify', join(folder, 'text.asc'), join(folder, 'text'));
});

run('Signing subkeys sign where their primary key stayed at home', async () => {
  const gpg = await createGpg();
  const primary = await make(gpg, 'rsa2048', { secret: passphrase, usage: 'cert' });
  const open = ['--pinentry-mode', 'loopback', '--passphrase', passphrase];
  await gpg(...open, '--quick-add-key', primary, 'rsa2048', 'sign', 'never');
  const text = await secretOf(gpg, primary, { secret: passphrase, what: 'subkeys' });
  const keys = await given(text, passphrase);
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'text'), 'a text');
  await writeFile(
    join(folder, 'text.asc'),
    await signDetached(Buffer.from('a text'), await keys.privateKeys()),
  );
  const other = await createGpg();
  await writeFile(join(folder, 'public.asc'), await keys.publicKeys());
  await other('--import', join(folder, 'public.asc'));
  await other('--verify', join(folder, 'text.asc'), join(folder, 'text'));
});

run('A key that cannot be used is refused with a sentence, and without its secrets', async () => {
  const gpg = await createGpg();
  const locked = await make(gpg, 'rsa2048', { secret: passphrase });
  const text = await secretOf(gpg, locked, { secret: passphrase });
  const plain = async (algorithm: string, more = {}) =>
    secretOf(gpg, await make(gpg, algorithm, more));
  const one = await plain('rsa2048');
  const cases: [string, string | undefined, RegExp][] = [
    [text, undefined, /protected by a passphrase/],
    [text, 'another sentence', /not opened by the passphrase/],
    [(await exportKey(gpg, locked)).armored, undefined, /is a public key/],
    [one.slice(0, 700), undefined, /no private key that can be read/],
    ['nothing of the kind', undefined, /no private key that can be read/],
    [`${one}\n${text}`, undefined, /holds several keys/],
    [await plain('ed25519'), undefined, /not a key that every client knows/],
    [await plain('rsa1024'), undefined, /not a key that every client knows .*1024 bits/],
    [await plain('rsa2048', { usage: 'cert' }), undefined, /cannot sign/],
    [
      await plain('rsa2048', { time: at('20200101T000000'), expire: '1y' }),
      undefined,
      /has expired on 2020-12-31/,
    ],
  ];
  for (const [key, secret, problem] of cases) {
    const keys = await given(key, secret);
    const error = await keys.privateKeys().catch((e) => e);
    expect(error).toMatchObject({ kind: 'config' });
    expect(error.message).toMatch(problem);
    const said = `${error.message} ${error.hint} ${error.stack} ${error.cause}`;
    for (const part of [secret ?? passphrase, key.split('\n')[5] ?? 'nothing of the kind'])
      expect(said).not.toContain(part);
    await expect(keys.settle()).rejects.toMatchObject({ kind: 'config' });
  }
});

run(
  'Two given keys are the way from one to the next; made ones count until they are retired',
  async () => {
    const gpg = await createGpg();
    const folder = await temporaryFolder();
    const files: string[] = [];
    const fingerprints: string[] = [];
    for (const i of [0, 1]) {
      fingerprints.push(await make(gpg, 'rsa2048'));
      files.push(join(folder, `${i}.asc`));
      await writeFile(files[i]!, await secretOf(gpg, fingerprints[i]!));
    }
    let published = 0;
    const keys = keysOf(folder, [], async () => void published++);
    const take = async (given: GivenKey[]) => {
      await keys.check(given);
      keys.use(given);
      await keys.settle();
    };
    const [made] = (await keys.ensure()).fingerprints;
    await take([{ key: files[0]! }]);
    expect(await keys.fingerprints()).toEqual([made, fingerprints[0]]);
    await keys.retire(made!);
    await take([{ key: files[0]! }, { key: files[1]! }]);
    expect(await keys.fingerprints()).toEqual(fingerprints);
    await expect(keys.retire(fingerprints[0]!)).rejects.toMatchObject({ kind: 'conflict' });
    const none = [{ key: join(folder, 'none.asc') }];
    await expect(keys.check(none)).rejects.toMatchObject({ kind: 'config' });
    expect(await keys.fingerprints()).toEqual(fingerprints);
    await take([{ key: files[1]! }]);
    expect(await keys.fingerprints()).toEqual([fingerprints[1]]);
    expect(published).toBe(4);
    // Without any the server makes one of its own again.
    await take([]);
    expect(await keys.list()).toMatchObject([
      { origin: 'made' },
      { fingerprint: made, state: 'retired' },
    ]);
  },
);
