import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigFileAuthenticationDetailsProvider } from 'oci-common';
import { expect, it } from 'vitest';
import { createPlace, type Place } from './headwater.ts';

async function withAda(): Promise<Place> {
  const place = await createPlace('');
  await place.runGiven('correct horse\n', 'user', 'add', 'ada', '--password-stdin');
  return place;
}

it('A public key of a file is added, listed and removed', async () => {
  const place = await withAda();
  const run = (command: string) => execFileSync('sh', ['-c', command], { cwd: place.folder });
  run('openssl genrsa -out key.pem 2048 2>&1 && openssl pkey -in key.pem -pubout -out public.pem');
  const added = await place.run('user', 'key', 'add', 'ada', join(place.folder, 'public.pem'));
  const fingerprint = added.stdout.trim();
  const openssl = run('openssl pkey -pubin -in public.pem -outform DER | openssl md5 -c');
  expect(String(openssl)).toContain(fingerprint);
  expect((await place.run('user', 'key', 'list', 'ada')).stdout).toContain(
    `ada   ${fingerprint}  `,
  );
  expect((await place.run('user', 'key', 'remove', 'ada', fingerprint)).code).toBe(0);
  expect((await place.run('user', 'key', 'list')).stdout).toBe('there are no keys\n');
  const wrong = await place.run('user', 'key', 'add', 'ada', join(place.folder, 'key.pem'));
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('a private key') });
  const none = await place.run('user', 'key', 'add', 'ada', 'none.pem');
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') });
});

it('A new key stays with who makes it, with a profile for it', async () => {
  const place = await withAda();
  const out = join(place.folder, 'ada.pem');
  const { stdout, code } = await place.run('user', 'key', 'add', 'ada', '--out', out);
  expect(code).toBe(0);
  expect((await stat(out)).mode & 0o777).toBe(0o600);
  const file = join(place.folder, 'config');
  await writeFile(file, stdout);
  const provider = new ConfigFileAuthenticationDetailsProvider(file, 'DEFAULT');
  expect(provider.getPrivateKey()).toBe(await readFile(out, 'utf8'));
  const { value } = await place.json<{ fingerprint: string }[]>('user', 'key', 'list', 'ada');
  expect((await provider.getKeyId()).endsWith(`/${value[0]!.fingerprint}`)).toBe(true);
  const again = await place.run('user', 'key', 'add', 'ada', '--out', out);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
  const both = await place.run('user', 'key', 'add', 'ada', 'public.pem', '--out', `${out}2`);
  expect(both.code).toBe(2);
  expect((await place.run('user', 'key', 'add', 'ada')).code).toBe(2);
});
