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
import { hasCreaterepo, hasDnf, hasRpmSigning } from '../../support/tools.ts';
import { startUpstream } from '../../support/upstream.ts';
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
    expect(packets.match(/^:signature packet: algo 1,/gm)).toHaveLength(2);
    expect(packets.match(/^\s+version 4,.* sigclass 0x00$/gm)).toHaveLength(2);
    expect(packets.match(/^\s+digest algo 8,/gm)).toHaveLength(2);
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

it.skipIf(!hasDnf || !hasCreaterepo)(
  'A real dnf that knows the old key, the new one or both takes what both sign; and no more what a retired one signed alone',
  async () => {
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
      createDnfOf(
        join(folder, name),
        `[r]\nname=r\nbaseurl=${upstream.url}repository/\nenabled=1\ngpgcheck=0\nrepo_gpgcheck=1\ngpgkey=${upstream.url}${key}\n`,
      );
    const refresh = ['makecache', '--refresh'];

    await sign();
    await writeFile(join(folder, 'old.asc'), await keys.publicKeys());
    const knowsOld = await client('knows-old', 'old.asc');
    const follows = await client('follows', 'headwater.asc');
    await knowsOld(...refresh);
    await follows(...refresh);

    const renewed = await keys.rotate();
    await sign();
    const text = await keys.publicKeys();
    await writeFile(join(folder, 'new.asc'), text.slice(text.indexOf('-----BEGIN', 10)));
    const knowsNew = await client('knows-new', 'new.asc');
    for (const dnf of [knowsOld, knowsNew, follows, await client('fresh', 'headwater.asc')])
      await dnf(...refresh);

    const [old] = await keys.fingerprints();
    await keys.retire(old!);
    expect(await keys.fingerprints()).toEqual([renewed]);
    await sign();
    for (const dnf of [knowsNew, follows, await client('later', 'headwater.asc')])
      await dnf(...refresh);
    await expect(knowsOld(...refresh)).rejects.toThrow(/GPG|signature/i);
    await writeFile(join(repository, 'repodata/repomd.xml'), '<repomd/>');
    await expect(knowsNew(...refresh)).rejects.toThrow(/GPG|signature/i);
  },
  120_000,
);
