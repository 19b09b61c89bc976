import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMessage, generateKey, sign as openpgpSign, readPrivateKey } from 'openpgp';
import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { startApp } from '../../support/app.ts';
import {
  at,
  createGpg,
  exportKey,
  type Gpg,
  type GpgKey,
  makeKey,
} from '../../support/rpm-signing.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { invented, startRepository } from '../repository.ts';

/** Signs a repository's repomd.xml, with more arguments for gpg. */
async function sign(gpg: Gpg, folder: string, key: GpgKey, ...extra: string[]): Promise<void> {
  const path = join(folder, 'repodata/repomd.xml');
  await gpg('--armor', '--detach-sign', '--local-user', key.fingerprint, ...extra, path);
}

const repository = async () =>
  (await startRepository({ only: ['primary'], packages: [invented('brook')] })).upstream;

interface Case {
  what: string;
  key: GpgKey;
  extra?: string[];
  /** What stands in `gpg_keys`; the key unless said otherwise. */
  known?: string;
  problem: string;
  says: RegExp;
}

it.skipIf(!hasRpmSigning)(
  'tells apart why a signature is not taken, in the sentence and in the record',
  async () => {
    const gpg = await createGpg();
    const vendor = await makeKey(gpg);
    const stranger = await makeKey(gpg);
    const revoked = await makeKey(gpg);
    const old = await makeKey(gpg, { expire: '30d', at: at('20200101T000000') });
    const aged = await makeKey(gpg, { at: at('20200101T000000') });
    const short = await makeKey(gpg, { algorithm: 'rsa1024' });
    const cases: Case[] = [
      {
        what: 'a key that has expired, though it signed before',
        key: old,
        extra: at('20200110T000000'),
        problem: 'expired_key',
        says: /its key expired on 2020-01-31T/,
      },
      {
        what: 'a signature that has expired',
        key: aged,
        extra: [...at('20200110T000000'), '--default-sig-expire', '2d'],
        problem: 'expired_signature',
        says: /it expired on 2020-01-12T/,
      },
      {
        what: 'an unknown key',
        key: stranger,
        known: vendor.armored,
        problem: 'unknown_key',
        says: new RegExp(
          `it is by key ${stranger.fingerprint.slice(-16)}, which is none of gpg_keys`,
        ),
      },
      { what: 'a revoked key', key: revoked, problem: 'revoked_key', says: /its key is revoked/ },
      {
        what: 'SHA-1',
        key: vendor,
        extra: ['--digest-algo', 'sha1'],
        problem: 'weak',
        says: /it is over SHA-1.*verify\.sha1: true/,
      },
      { what: 'a tiny key', key: short, problem: 'weak', says: /its RSA key has only 1024 bits/ },
    ];
    const upstreams = await Promise.all(cases.map(repository));
    for (const [i, { key, extra = [] }] of cases.entries()) {
      await sign(gpg, upstreams[i]!.folder, key, ...extra);
    }
    const withdrawn = await revoke(gpg, revoked);
    const sources = cases.flatMap(({ key, known }, i): SourceDefinition[] => {
      const gpg_keys = [known ?? (key === revoked ? withdrawn : key.armored)];
      const base = { upstream: upstreams[i]!.url, gpg_keys };
      return [
        { ...base, label: `required-${i}`, verify: { repomd: 'required' } },
        { ...base, label: `optional-${i}` },
        { ...base, label: `sha1-${i}`, verify: { repomd: 'required', sha1: true } },
      ];
    });
    const { sync, app } = await startApp(sources);
    for (const [i, { what, key, known, problem, says }] of cases.entries()) {
      expect(await sync(`required-${i}`), what).toMatchObject({
        outcome: 'failed',
        kind: 'untrusted',
        reason: expect.stringMatching(says),
      });
      const noted = await sync(`optional-${i}`);
      expect(noted, what).toMatchObject({ outcome: 'updated' });
      expect(noted.warnings.join(), what).toContain('the signature was not checked: ');
      const { trust } = await app.operations.showSource(`optional-${i}`);
      expect(trust, what).toMatchObject({
        result: 'unverified',
        problem,
        keyId: key.fingerprint.slice(-16),
        ...(!known && { key: key.fingerprint }),
      });
      const lenient = await sync(`sha1-${i}`);
      expect(lenient.outcome, what).toBe(problem === 'weak' ? 'updated' : 'failed');
    }
  },
);

/** The public key with gpg's own revocation of it. */
async function revoke(gpg: Gpg, { fingerprint }: GpgKey): Promise<string> {
  const path = join(gpg.home, 'openpgp-revocs.d', `${fingerprint.toUpperCase()}.rev`);
  // gpg puts a colon before the armour, so that nobody imports it by accident.
  await writeFile(path, (await readFile(path, 'utf8')).replace(':-----', '-----'));
  await gpg('--import', path);
  return (await exportKey(gpg, fingerprint)).armored;
}

it.skipIf(!hasRpmSigning)(
  'takes a signing subkey, and records both the primary key and the key that signed',
  async () => {
    const gpg = await createGpg();
    const { fingerprint } = await makeKey(gpg, { usage: 'cert' });
    await gpg('--passphrase', '', '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
    const key = await exportKey(gpg, fingerprint);
    const ids = [
      ...(await gpg('--list-keys', '--with-colons')).matchAll(/^sub:(?:[^:]*:){3}([0-9A-F]{16})/gm),
    ];
    const upstream = await repository();
    await sign(gpg, upstream.folder, key);
    const { sync, app } = await startApp([
      {
        label: 'a',
        upstream: upstream.url,
        gpg_keys: [key.armored],
        verify: { repomd: 'required' },
      },
    ]);
    expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
    const { trust, keys } = await app.operations.showSource('a');
    expect(ids).toHaveLength(1);
    expect(trust).toEqual({
      result: 'verified',
      key: fingerprint,
      keyId: ids[0]![1]!.toLowerCase(),
    });
    expect(keys).toEqual([{ from: 'the inline key', fingerprints: [fingerprint] }]);
  },
);

it('takes version 6 keys and signatures', async () => {
  const made = await generateKey({
    type: 'curve25519',
    userIDs: [{ name: 'V' }],
    config: { v6Keys: true },
  });
  const signingKeys = await readPrivateKey({ armoredKey: made.privateKey });
  const upstream = await repository();
  const path = join(upstream.folder, 'repodata/repomd.xml');
  const message = await createMessage({ binary: await readFile(path) });
  await writeFile(`${path}.asc`, await openpgpSign({ message, signingKeys, detached: true }));
  const fingerprint = signingKeys.getFingerprint();
  expect(fingerprint).toHaveLength(64);
  const { sync, app } = await startApp([
    {
      label: 'a',
      upstream: upstream.url,
      gpg_keys: [{ key: made.publicKey, fingerprint }],
      verify: { repomd: 'required' },
    },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
  const { trust } = await app.operations.showSource('a');
  expect(trust).toMatchObject({ result: 'verified', key: fingerprint });
});

it.skipIf(!hasRpmSigning)(
  'heeds, of a key that is there as it was and as it is, what prolonged or revoked it',
  async () => {
    const gpg = await createGpg();
    const key = await makeKey(gpg, { expire: '30d', at: at('20200101T000000') });
    const upstream = await repository();
    await sign(gpg, upstream.folder, key, ...at('20200110T000000'));
    await gpg(...at('20200110T000000'), '--quick-set-expire', key.fingerprint, '0');
    const prolonged = await exportKey(gpg, key.fingerprint);
    const revoked = await revoke(gpg, key);
    const source = (label: string, ...gpg_keys: string[]): SourceDefinition => ({
      label,
      upstream: upstream.url,
      gpg_keys,
      verify: { repomd: 'required' },
    });
    const { sync } = await startApp([
      source('expired', key.armored),
      source('prolonged', key.armored, prolonged.armored),
      source('revoked', prolonged.armored, revoked, key.armored),
    ]);
    expect((await sync('expired')).reason).toMatch(/its key expired on 2020-01-31/);
    expect(await sync('prolonged')).toMatchObject({ outcome: 'updated' });
    expect((await sync('revoked')).reason).toMatch(/its key is revoked/);
  },
);

it.skipIf(!hasRpmSigning)('checks again what was verified while SHA-1 was taken', async () => {
  const gpg = await createGpg();
  const key = await makeKey(gpg);
  const upstream = await repository();
  await sign(gpg, upstream.folder, key, '--digest-algo', 'sha1');
  const source = (sha1: boolean): SourceDefinition => ({
    label: 'a',
    upstream: upstream.url,
    gpg_keys: [key.armored],
    verify: { repomd: 'required', sha1 },
  });
  const lenient = await startApp([source(true)]);
  expect(await lenient.sync('a')).toMatchObject({ outcome: 'updated' });
  expect(await lenient.sync('a')).toMatchObject({ outcome: 'unchanged' });
  await lenient.close();
  const strict = await startApp([source(false)], { data: lenient.config.data });
  const result = await strict.sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
  expect(result.reason).toMatch(/it is over SHA-1/);
});
