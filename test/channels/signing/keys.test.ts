import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../cli/folder.ts';
import { keysOf } from './keys.ts';

it('A key is made when one is first needed, once, for this user alone', async () => {
  const folder = await temporaryFolder();
  const keys = keysOf(folder);
  expect(await keys.publicKeys()).toBe('');
  expect(await keys.list()).toEqual([]);
  const [one, two] = await Promise.all([keys.privateKeys(), keys.privateKeys()]);
  expect(one).toHaveLength(1);
  expect(two).toEqual(one);
  const [fingerprint] = await keys.fingerprints();
  expect(await keys.list()).toEqual([
    { fingerprint, created: expect.any(String), state: 'active', origin: 'made' },
  ]);
  expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700);
  const names = await readdir(join(folder, 'keys'));
  expect(names).toContain(`${fingerprint}.private.asc`);
  for (const name of names)
    expect((await stat(join(folder, 'keys', name))).mode & 0o777).toBe(0o600);
  expect(await keysOf(folder).privateKeys()).toEqual(one);
  expect(await keysOf(folder).ensure()).toEqual({ made: false, fingerprints: [fingerprint] });
});

it('Old and new key sign until the old one is retired; each time all is published anew', async () => {
  const folder = await temporaryFolder();
  const published: string[][] = [];
  const keys = keysOf(folder, [], async () => void published.push(await keys.fingerprints()));
  await keys.ensure();
  const [old] = await keys.fingerprints();
  expect(published).toEqual([]);
  const renewed = await keys.rotate();
  expect(await keys.fingerprints()).toEqual([old, renewed]);
  expect((await keys.publicKeys()).match(/BEGIN PGP PUBLIC KEY BLOCK/g)).toHaveLength(2);
  expect(await keys.retire(old!.toUpperCase().replaceAll(/(.{4})/g, '$1 '))).toBe(old);
  expect(published).toEqual([[old, renewed], [renewed]]);
  expect((await keys.list()).map((k) => [k.fingerprint, k.state])).toEqual([
    [renewed, 'active'],
    [old, 'retired'],
  ]);
  const left = await readFile(join(folder, 'keys', `${old}.retired.asc`), 'utf8');
  expect(left).not.toContain('PRIVATE');
  expect(await readdir(join(folder, 'keys'))).not.toContain(`${old}.private.asc`);
});

it('The last key stays, and one that is not there cannot be retired', async () => {
  const keys = keysOf(await temporaryFolder());
  const { fingerprints } = await keys.ensure();
  await expect(keys.retire(fingerprints[0]!)).rejects.toMatchObject({ kind: 'conflict' });
  await expect(keys.retire('abc')).rejects.toMatchObject({ kind: 'not_found' });
  expect(await keys.fingerprints()).toEqual(fingerprints);
});

it('What was not published anew when the process died is at the next start', async () => {
  const folder = await temporaryFolder();
  const first = keysOf(folder, [], () => Promise.reject(new Error('killed')));
  await first.ensure();
  await expect(first.rotate()).rejects.toThrow('killed');
  let published = 0;
  const again = keysOf(folder, [], async () => void published++);
  await again.settle();
  expect(published).toBe(1);
  await again.settle();
  expect(published).toBe(1);
  expect(await again.fingerprints()).toHaveLength(2);
});

it('A damaged key is an error that quotes nothing of it, and no new one takes its place', async () => {
  const folder = await temporaryFolder();
  const [fingerprint] = (await keysOf(folder).ensure()).fingerprints;
  const file = join(folder, 'keys', `${fingerprint}.private.asc`);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(0, 900));
  const error = await keysOf(folder)
    .privateKeys()
    .catch((e) => e);
  expect(error).toMatchObject({ kind: 'invalid' });
  expect(error.message).toContain(fingerprint);
  for (const line of text.split('\n').filter((l) => l.length > 20))
    expect(`${error.message} ${error.hint}`).not.toContain(line);
});
