import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace } from './headwater.ts';

interface Own {
  fingerprint: string;
  names: string[];
  notAfter: string;
  made: { authority: boolean; server: boolean };
  url: string;
}

it('`init --tls` makes an authority and a certificate for the server once, and says what clients compare', async () => {
  const place = await createPlace('public_url: https://yum.example.test:8443\nmin_free: 1MB\n');
  const name = ['--name', 'alias.example.test', '--name', '192.0.2.10'];
  const first = await place.json<{ tls: Own }>('init', '--tls', ...name);
  expect(first.value.tls).toMatchObject({
    names: ['alias.example.test', '192.0.2.10', 'yum.example.test'],
    made: { authority: true, server: true },
    url: 'https://yum.example.test:8443/pub/RHN-ORG-TRUSTED-SSL-CERT',
  });
  const ca = new X509Certificate(await readFile(join(place.folder, 'data/tls/ca.pem')));
  expect(first.value.tls.fingerprint).toBe(ca.fingerprint256);
  const again = await place.run('init', '--tls');
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(
    `There is a certificate authority:\n  SHA-256 ${ca.fingerprint256}`,
  );
  expect(again.stdout).toContain('add to the configuration:  tls: {}');
  const none = await place.run('init', '--name', 'a.test');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--name is for --tls')]);
  const wrong = await place.run('init', '--tls', '--name', 'no name');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('"no name" is no name')]);
});

it('`token rotate` works with and without a server', async () => {
  const place = await createPlace('min_free: 1MB\nfleet: { token_lifetime: 2h }\n');
  expect((await place.json('token', 'rotate')).value).toEqual({ lifetime: 7_200_000 });
  await place.serve();
  const { code, stdout } = await place.run('token', 'rotate');
  expect([code, stdout]).toEqual([0, expect.stringContaining('good for 120 minutes at most')]);
});

it('`instance certificate` refuses what is no instance, and says what is wrong with the rest', async () => {
  const place = await createPlace('min_free: 1MB\n');
  const out = join(place.folder, 'out');
  const of = async (...args: string[]) => {
    const { code, stderr } = await place.run('instance', 'certificate', ...args);
    return { code, stderr };
  };
  expect(await of('1000010000', '--out', out)).toEqual({
    code: 1,
    stderr: expect.stringContaining('there is no instance 1000010000'),
  });
  for (const args of [
    ['web1'],
    ['1000010000', '--days', '0'],
    ['1000010000', '--file', join(place.folder, 'absent')],
    ['1000010000', '--file', place.file],
    ['1000010000', '--file', place.file, '--out', out],
  ]) {
    const { code, stderr } = await of(...args);
    expect([code, stderr.length > 20], args.join(' ')).toEqual([2, true]);
  }
  await expect(stat(join(out, 'instance.key'))).rejects.toThrow('ENOENT');
});
