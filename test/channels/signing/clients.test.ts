import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { signDetached } from '../../../src/channels/signing/signer.ts';
import { temporaryFolder } from '../../cli/folder.ts';
import { createDnfOf } from '../../support/dnf.ts';
import { createRepository } from '../../support/rpm-repository.ts';
import { createGpg } from '../../support/rpm-signing.ts';
import { hasCreaterepo, hasDnf, hasRpmSigning, hasZypper } from '../../support/tools.ts';
import { startUpstream } from '../../support/upstream.ts';
import { createZypper } from '../../support/zypper.ts';
import { keysOf } from './keys.ts';

const run = promisify(execFile);

it.skipIf(!hasRpmSigning)(
  'gpg reads the public keys and each signature; rpm imports them',
  async () => {
    const folder = await temporaryFolder();
    const keys = keysOf(join(folder, 'data'));
    await keys.ensure();
    const old = await keys.publicKeys();
    const renewed = await keys.rotate();
    const [text, signature, both, first] = ['text', 'text.asc', 'both.asc', 'first.asc'].map((n) =>
      join(folder, n),
    ) as [string, string, string, string];
    await writeFile(text, 'what is signed\n');
    await writeFile(signature, await signDetached(await readFile(text), await keys.privateKeys()));
    await writeFile(both, await keys.publicKeys());
    await writeFile(first, old);

    const gpg = await createGpg();
    await gpg('--import', both);
    await gpg('--verify', signature, text);
    // As gpg 2.0 must read it: version 4, RSA, SHA-256, nothing of later versions.
    const packets = await gpg('--list-packets', signature);
    expect(packets.match(/^:signature packet: algo 1,/gm)).toHaveLength(3);
    expect(packets.match(/^\s+version 4,.* sigclass 0x00$/gm)).toHaveLength(3);
    expect(packets.match(/^\s+digest algo 8,/gm)).toHaveLength(3);
    expect(packets).not.toMatch(/notation/);
    expect((await readFile(signature, 'utf8')).trimEnd().split('\n').at(-2)).toMatch(/^=.{4}$/);
    await writeFile(text, 'something else\n');
    await expect(gpg('--verify', signature, text)).rejects.toThrow();

    const database = join(folder, 'rpmdb');
    await mkdir(database);
    const rpm = ['--dbpath', database, '--define', '_keyring rpmdb'];
    await run('rpmkeys', [...rpm, '--import', both]);
    const { stdout } = await run('rpm', [...rpm, '-q', 'gpg-pubkey']);
    const imported = stdout.trim().split('\n');
    expect(imported).toHaveLength(2);
    expect(imported.some((line) => line.includes(renewed.slice(-8)))).toBe(true);
  },
);

const refresh = {
  dnf: async (folder: string, repoFile: string) => {
    const dnf = await createDnfOf(folder, repoFile);
    return () => dnf('makecache', '--refresh');
  },
  zypper: async (folder: string, repoFile: string) => {
    const zypper = await createZypper(folder, repoFile);
    return () => zypper('refresh', '--force');
  },
};

it.skipIf(!hasCreaterepo).each([
  ['dnf', hasDnf],
  ['zypper', hasZypper],
] as const)(
  'A real %s goes through a change of keys, whichever it knows, and refuses what only unknown ones signed',
  async (program, isThere) => {
    if (!isThere) return;
    const folder = await temporaryFolder();
    const repository = join(folder, 'repository');
    await mkdir(repository);
    await createRepository(repository);
    const upstream = await startUpstream(folder);
    const keys = keysOf(join(folder, 'data'));
    await keys.ensure();
    const sign = async () => {
      const repomd = join(repository, 'repodata/repomd.xml');
      const text = await readFile(repomd);
      await writeFile(`${repomd}.asc`, await signDetached(text, await keys.privateKeys()));
      await writeFile(join(folder, 'headwater.asc'), await keys.publicKeys());
    };
    const client = (name: string, key: string) =>
      refresh[program](
        join(folder, name),
        `[r]\nname=r\nbaseurl=${upstream.url}repository/\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=1\ngpgkey=${upstream.url}${key}\n`,
      );

    await sign();
    await writeFile(join(folder, 'old.asc'), await keys.publicKeys());
    const knowsOld = await client('knows-old', 'old.asc');
    const follows = await client('follows', 'headwater.asc');
    await knowsOld();
    await follows();

    const renewed = await keys.rotate();
    await sign();
    const text = await keys.publicKeys();
    await writeFile(join(folder, 'new.asc'), text.slice(text.indexOf('-----BEGIN', 10)));
    const knowsNew = await client('knows-new', 'new.asc');
    for (const again of [knowsOld, follows, await client('fresh', 'headwater.asc')]) await again();
    // zypper wants the key of one certain signature, the old one.
    if (program === 'dnf') await knowsNew();

    const [old] = await keys.fingerprints();
    await keys.retire(old!);
    expect(await keys.fingerprints()).toEqual([renewed]);
    await sign();
    for (const again of [knowsNew, follows, await client('later', 'headwater.asc')]) await again();
    await expect(knowsOld()).rejects.toThrow(/GPG|signature/i);
    await writeFile(join(repository, 'repodata/repomd.xml'), '<repomd/>');
    await expect(knowsNew()).rejects.toThrow(/GPG|signature/i);
  },
  120_000,
);
