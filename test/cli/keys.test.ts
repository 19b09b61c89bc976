import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace, fixture } from './headwater.ts';

interface Key {
  fingerprint: string;
  state: string;
}

it('init makes folder and key once, and says how clients get the key', async () => {
  const place = await createPlace('public_url: https://yum.example.test/\n');
  const { stderr } = await place.run('init');
  expect(stderr).toContain(`The data folder is ${place.folder}/data`);
  expect(stderr).toContain('A key to sign with was made');
  expect(stderr).toContain('https://yum.example.test/keys/headwater.asc');
  const fingerprint = /^ {2}([0-9a-f]{40})$/m.exec(stderr)![1]!;
  const again = await place.json('init');
  expect(again).toMatchObject({ code: 0, value: { made: false, fingerprints: [fingerprint] } });
  const names = await readdir(join(place.folder, 'data/keys'));
  expect(names.filter((n) => n.endsWith('.private.asc'))).toEqual([`${fingerprint}.private.asc`]);
  expect((await place.run('key', 'export')).stdout).toMatch(
    /^-----BEGIN PGP PUBLIC KEY BLOCK-----\n/,
  );
});

it('Keys are rotated and retired in a running server, which publishes those that sign', async () => {
  const place = await createPlace(
    `sources:\n  - { label: a, upstream: "${fixture('ol8')}" }\n  - { label: v, from: [a] }\n`,
  );
  const server = await place.serve();
  const published = () => fetch(`${server.url}/keys/headwater.asc`);
  // It is there for whoever asks before anything was signed.
  expect((await published()).status).toBe(200);
  const { value: made } = await place.json<{ fingerprints: string[] }>('init');
  const [old] = made.fingerprints;
  const blocks = async () => (await (await published()).text()).match(/BEGIN PGP PUBLIC/g)?.length;
  expect(await blocks()).toBe(1);
  expect((await place.run('key', 'retire', old!)).stderr).toContain('is the only key');
  expect((await place.run('key', 'rotate')).stdout).toMatch(/^[0-9a-f]{40} signs from now on/);
  expect(await blocks()).toBe(2);
  const { value: two } = await place.json<Key[]>('key', 'list');
  expect(two).toMatchObject([{ fingerprint: old, state: 'active' }, { state: 'active' }]);
  expect((await place.run('key', 'retire', old!)).stdout).toContain(`${old} signs no more`);
  expect(await blocks()).toBe(1);
  expect((await place.run('key', 'list')).stdout).toMatch(/retired/);

  const repo = await fetch(`${server.url}/channels/v.repo`).then((r) => r.text());
  expect(repo).toContain(`repo_gpgcheck=1\n`);
  expect(repo).toContain(`gpgkey=${server.url}/keys/headwater.asc\n`);
  expect(JSON.stringify(server.logged())).toContain(old);
  expect(JSON.stringify(server.logged())).not.toContain('PRIVATE KEY');
});

it('A server does not start with a key that it cannot use', async () => {
  const place = await createPlace('signing: { key: none.asc }\n');
  const { code, stderr } = await place.run('serve');
  expect(code).toBe(1);
  expect(stderr).toContain(`signing.key: ${place.folder}/none.asc cannot be read (ENOENT)`);
});
