import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMessage, generateKey, type PrivateKey, readPrivateKey, sign } from 'openpgp';
import { beforeAll, expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy } from './served.ts';

interface Signer {
  key: PrivateKey;
  /** The public key, armoured. */
  shown: string;
  fingerprint: string;
}

const signer = async (name: string): Promise<Signer> => {
  const { privateKey, publicKey } = await generateKey({ type: 'ecc', userIDs: [{ name }] });
  const key = await readPrivateKey({ armoredKey: privateKey });
  return { key, shown: publicKey, fingerprint: key.getFingerprint() };
};

let vendor: Signer;
let stranger: Signer;
beforeAll(async () => {
  [vendor, stranger] = await Promise.all([signer('Vendor'), signer('Stranger')]);
});

async function signRepomd(folder: string, by: Signer[]): Promise<void> {
  const message = await createMessage({
    binary: await readFile(join(folder, 'repodata/repomd.xml')),
  });
  const signature = await sign({ message, signingKeys: by.map((s) => s.key), detached: true });
  await writeFile(join(folder, 'repodata/repomd.xml.asc'), signature);
}

const tamper = async (folder: string) => {
  const path = join(folder, 'repodata/repomd.xml');
  await writeFile(path, (await readFile(path, 'utf8')).replace('</revision>', '1</revision>'));
};

interface Case {
  what: string;
  /** Makes the repository's signature. */
  make: (folder: string) => Promise<void>;
  /** What a source comes to that requires a good signature, and one that wants none. */
  required: object;
  optional: object;
  says: RegExp;
}

const verified = () => ({
  outcome: 'updated',
  trust: { result: 'verified', key: vendor.fingerprint },
});
const untrusted = { outcome: 'failed', kind: 'untrusted', trust: null };

const cases = (): Case[] => [
  {
    what: 'good',
    make: (folder) => signRepomd(folder, [vendor]),
    required: verified(),
    optional: verified(),
    says: /^$/,
  },
  {
    what: 'good, beside that of a stranger',
    make: (folder) => signRepomd(folder, [stranger, vendor]),
    required: verified(),
    optional: verified(),
    says: /^$/,
  },
  {
    what: 'by an unknown key',
    make: (folder) => signRepomd(folder, [stranger]),
    required: untrusted,
    optional: { outcome: 'updated', trust: { result: 'unverified' } },
    says: /cannot be trusted.*none of gpg_keys.*add the key to gpg_keys/,
  },
  {
    what: 'of other bytes',
    make: async (folder) => {
      await signRepomd(folder, [vendor]);
      await tamper(folder);
    },
    required: untrusted,
    optional: untrusted,
    says: /the signature of repomd\.xml is wrong.*try again later/,
  },
  {
    what: 'no signature at all',
    make: (folder) => writeFile(join(folder, 'repodata/repomd.xml.asc'), '<html>not here</html>'),
    required: untrusted,
    optional: untrusted,
    says: /is no signature/,
  },
  {
    what: 'absent',
    make: async () => {},
    required: untrusted,
    optional: { outcome: 'updated', trust: { result: 'unsigned' } },
    says: /is not signed.*set verify\.repomd: optional/,
  },
];

it('decides on every kind of signature, by what the source wants', async () => {
  const sources: SourceDefinition[] = [];
  for (const [i, { make }] of cases().entries()) {
    const { upstream } = await startRepository({
      only: ['primary'],
      packages: [invented('brook')],
    });
    await make(upstream.folder);
    for (const repomd of ['required', 'optional'] as const) {
      const label = `${repomd}-${i}`;
      sources.push({ label, upstream: upstream.url, gpg_keys: [vendor.shown], verify: { repomd } });
    }
  }
  const { sync, app, url, config } = await startApp(sources);
  for (const [i, one] of cases().entries()) {
    for (const mode of ['required', 'optional'] as const) {
      const label = `${mode}-${i}`;
      const result = await sync(label);
      const { trust } = await app.operations.showSource(label);
      expect({ ...result, trust }, one.what).toMatchObject(one[mode]);
      if (result.outcome === 'failed') {
        expect(result.reason).toContain(`source ${label}: `);
        expect(result.reason).toMatch(one.says);
      }
      const answer = await fetch(`${url}/channels/${label}/repodata/repomd.xml`);
      expect(answer.status).toBe(result.outcome === 'updated' ? 200 : 404);
    }
  }
  await expectTidy(config.data);
});

it('looks at no signature where verification is off', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  await signRepomd(upstream.folder, [vendor]);
  await tamper(upstream.folder);
  const { sync, app } = await startApp([
    { label: 'a', upstream: upstream.url, gpg_keys: [vendor.shown], verify: { repomd: 'off' } },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect((await app.operations.showSource('a')).trust).toEqual({ result: 'off' });
});

it('serves the signature as it came, and keeps the old revision where a new one is not trusted', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  await signRepomd(upstream.folder, [vendor]);
  const first = await readFile(join(upstream.folder, 'repodata/repomd.xml.asc'));
  const { sync, url } = await startApp([
    {
      label: 'a',
      upstream: upstream.url,
      gpg_keys: [vendor.shown],
      verify: { repomd: 'required' },
    },
  ]);
  await sync('a');
  await writeRepository(upstream.folder, { only: ['primary'], packages: [], time: 1_700_000_100 });
  await signRepomd(upstream.folder, [stranger]);
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
  const served = await fetch(`${url}/channels/a/repodata/repomd.xml.asc`).then((r) => r.bytes());
  expect(first.equals(served)).toBe(true);

  await signRepomd(upstream.folder, [vendor]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
});

it('does not take a signature for absent that the upstream fails to give', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  await signRepomd(upstream.folder, [vendor]);
  upstream.fault = (request, response) => {
    if (!request.url!.endsWith('.asc')) return false;
    response.writeHead(503).end();
    return true;
  };
  const { sync, url } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const failed = await sync('a');
  expect(failed).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(failed.reason).toContain(`${upstream.url}repodata/repomd.xml.asc answered 503`);
  upstream.fault = undefined;
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect((await fetch(`${url}/channels/a/repodata/repomd.xml.asc`)).status).toBe(200);
});

it('reads keys from a URL, a file: address and a path, and names one that is none', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  await signRepomd(upstream.folder, [vendor]);
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'vendor.asc'), vendor.shown);
  await writeFile(join(folder, 'vendor.bin'), vendor.key.toPublic().write());
  await writeFile(join(folder, 'none'), 'no key');
  const keys = await startUpstream(folder);
  const secret = keys.url.replace('//', '//user:secret@');
  const verify = { repomd: 'required' as const };
  const { sync, logged } = await startApp(
    Object.entries({
      url: `${secret}vendor.asc`,
      file: `file:${folder}/vendor.asc`,
      path: join(folder, 'vendor.bin'),
      none: `${secret}none`,
      absent: `${secret}absent`,
    }).map(([label, key]) => ({ label, upstream: upstream.url, gpg_keys: [key], verify })),
  );
  for (const label of ['url', 'file', 'path']) {
    expect(await sync(label)).toMatchObject({ outcome: 'updated', reason: null });
  }
  for (const label of ['none', 'absent']) {
    const result = await sync(label);
    expect(result).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
    expect(result.reason).toContain(`source ${label}: ${keys.url}${label} cannot be read as a key`);
    expect(result.reason).toContain('check gpg_keys');
    expect(JSON.stringify([result, logged])).not.toContain('secret@');
  }
  await rm(join(folder, 'vendor.asc'));
});

it('what was signed and is not any more is not taken without a word', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  await signRepomd(upstream.folder, [vendor]);
  const source = { label: 'a', upstream: upstream.url, gpg_keys: [vendor.shown] };
  const { sync } = await startApp([source]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
  await writeRepository(upstream.folder, { packages: [invented('weir')], time: 1_700_000_100 });
  await rm(join(upstream.folder, 'repodata/repomd.xml.asc'));
  expect(await sync('a')).toMatchObject({
    outcome: 'updated',
    warnings: ['repomd.xml is not signed, as that of the revision before was'],
  });
});

it.each([
  ['that is not signed', async () => {}],
  ['by a stranger', (folder: string) => signRepomd(folder, [stranger])],
  [
    'with a signature of other bytes and a time to come',
    async (folder: string) => {
      await signRepomd(folder, [vendor]);
      await tamper(folder);
    },
  ],
])('a mirror with a repomd.xml %s gives way to the next', async (_, make) => {
  const packages = [invented('brook'), invented('weir')];
  const { upstream: bad } = await startRepository({ packages: [], time: 1_900_000_000 });
  const { upstream: good } = await startRepository({ packages });
  await make(bad.folder);
  await signRepomd(good.folder, [vendor]);
  const source: SourceDefinition = {
    label: 'a',
    upstream: [bad.url, good.url],
    gpg_keys: [vendor.shown],
    verify: { repomd: 'required' },
  };
  const { sync } = await startApp([source]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
});
