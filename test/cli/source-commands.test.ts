import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading } from '../../src/store/sqlite.ts';
import { fixtureFolder } from './folder.ts';
import { createPlace, fixture } from './headwater.ts';

it('A source that is added by command has all that the command says', async () => {
  const place = await createPlace('');
  await place.serve();
  const options =
    '--upstream file:./repo https://other.example.test/x --name Mine --arch x86_64 --release 9 --parent top' +
    ' --gpg-key keys/a https://host/key --verify required --verify-packages signature --packages immediate --newest 3 --installation-tree --cron';
  const { code } = await place.run('source', 'add', 'mine', ...options.split(' '), '17 3 * * *');
  expect(code).toBe(0);
  const { value } = await place.json('source', 'show', 'mine');
  expect(value).toMatchObject({
    label: 'mine',
    name: 'Mine',
    arch: 'x86_64',
    release: '9',
    parent: 'top',
    origin: 'state',
    upstream: `file://${place.folder}/repo https://other.example.test/x`,
    policy: {
      packages: 'immediate',
      newest: 3,
      installationTree: true,
      verifyRepomd: 'required',
      verifyPackages: 'signature',
      gpgKeys: [join(place.folder, 'keys/a'), 'https://host/key'],
      sync: 'cron 17 3 * * *',
    },
  });
});

it('What is kept of a source can be said by command, for each kind what goes with it', async () => {
  const place = await createPlace('');
  await place.serve();
  const kept = ['--keep-revisions', '30d', '--snapshots', 'daily=7,weekly=4,monthly=12'];
  const add = (label: string, ...args: string[]) => place.run('source', 'add', label, ...args);
  const { code } = await add('a', '--upstream', fixture('ol8'), '--keep-originals', '2', ...kept);
  expect(code).toBe(0);
  expect((await add('b', '--follows', 'a', '--no-fetch', '--sqlite', ...kept)).code).toBe(0);
  expect((await add('c', '--from', 'a')).code).toBe(0);

  const snapshots = { daily: 7, weekly: 4, monthly: 12 };
  const common = { keep_revisions: '30d', snapshots };
  const upstream = [new URL(fixture('ol8')).href];
  const state = openForReading(dataPaths(join(place.folder, 'data')).state);
  const rows = state.prepare('SELECT definition FROM source ORDER BY label').pluck().all();
  state.close();
  expect(rows.map((text) => JSON.parse(String(text)))).toEqual([
    { label: 'a', upstream, keep_originals: 2, ...common },
    { label: 'b', follows: 'a', fetch: false, sqlite: true, ...common },
    { label: 'c', from: ['a'] },
  ]);

  for (const [args, message] of [
    [['--snapshots', 'hourly=7'], /hourly=7 says not how many of which kind.*daily=7,weekly=4/],
    [['--snapshots', 'daily=0'], /snapshots: daily, weekly or monthly with how many to keep/],
    [['--keep-originals', 'many'], /keep_originals/],
    [['--no-fetch'], /fetch: no such key in a view source/],
  ] as const) {
    const refused = await add('d', '--from', 'a', ...args);
    expect(refused.stderr).toMatch(message);
    expect(refused.code).toBe(2);
  }
});

it('A source of the catalogue is added with its label, or with another', async () => {
  const place = await createPlace('');
  await place.serve();
  const from = ['source', 'add', '--from-catalogue', 'ol8_appstream-x86_64'];
  expect((await place.json(...from)).value).toMatchObject({ label: 'ol8_appstream-x86_64' });
  const other = await place.json(...from, 'apps', '--region', 'eu-frankfurt-1', '--every', '1h');
  expect(other.value).toMatchObject({
    label: 'apps',
    arch: 'x86_64',
    upstream:
      'https://yum.eu-frankfurt-1.oci.oraclecloud.com/repo/OracleLinux/OL8/appstream/x86_64/',
  });
  const shown = await place.run('source', 'show', 'apps');
  expect(shown.stdout).toMatch(/^ {2}sync +every 60 min/m);
});

it('Credentials in an address are kept, and never shown', async () => {
  const place = await createPlace('');
  await place.serve();
  const address = 'https://user:secret@host.example.test/repo/?token=secret';
  const add = await place.json('source', 'add', 'mine', '--mirrorlist', address);
  const list = await place.json('source', 'list');
  const show = await place.run('source', 'show', 'mine');
  const shown = 'https://host.example.test/repo/?…';
  expect(add.value).toMatchObject({ upstream: shown });
  expect(list.value).toMatchObject([{ upstream: shown }]);
  expect(show.stdout).toContain(shown);
  for (const text of [JSON.stringify([add, list]), show.stdout, show.stderr]) {
    expect(text).not.toContain('secret');
  }
});

it('Lists are for people without --json', async () => {
  const place = await createPlace(
    `sources: [{ label: ol8, upstream: "${fixture('ol8')}", arch: x86_64 }]`,
  );
  await place.serve();
  expect((await place.run('sync', '--all')).code).toBe(0);
  await place.run('source', 'add', 'mine', '--upstream', fixture('ol9'));
  const [heads, ...rows] = (await place.run('source', 'list')).stdout.trimEnd().split('\n');
  expect(heads!.split(/ {2,}/)).toEqual([
    'LABEL',
    'ARCH',
    'REVISION',
    'PACKAGES',
    'LAST SYNC',
    'OUTCOME',
    'FROM',
  ]);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ['ol8', 'x86_64', '1', '13', time, 'updated', 'file'],
    ['mine', '-', '-', '-', '-', 'never', 'command'],
  ]);
  const { stdout } = await place.run('source', 'show', 'ol8');
  expect(stdout).toMatch(/^ {2}revision +1 of \d{4}-.* \(upstream \d+\)$/m);
  const repomd = await readFile(join(fixtureFolder('ol8'), 'repodata/repomd.xml'), 'utf8');
  for (const [, type] of repomd.matchAll(/<data type="(\w+)"/g)) {
    expect(stdout).toMatch(new RegExp(`^${type} +`, 'm'));
  }
});
