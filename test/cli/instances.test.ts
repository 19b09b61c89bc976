import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFleet } from '../fleet/fleet.ts';
import { enrol } from './enrol.ts';
import { createPlace, fixture } from './headwater.ts';

const sources = `sources:
  - { label: base, upstream: "${fixture('ol8')}", arch: x86_64, release: 8 }
  - { label: apps, upstream: "${fixture('ol8')}", arch: x86_64, release: 8, parent: base }
  - { label: nine, upstream: "${fixture('ol9')}", arch: x86_64, release: 9 }
`;

it('A key is shown once, used by machines, listed with the signing keys, and revoked', async () => {
  const place = await createPlace(sources);
  await place.run('group', 'create', 'web');
  await place.run('compartment', 'create', 'production');
  const flags =
    '--sources base,apps --group web --compartment production --tag blue green --uses 3 --expires 30d';
  const { stdout, stderr, code } = await place.run(
    'key',
    'create',
    '--name',
    'web',
    ...flags.split(' '),
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
  expect(stderr).toContain('rhnreg_ks --serverUrl http://127.0.0.1:');
  await place.run('init');
  await enrol(place, stdout.trim());
  const { value: keys } = await place.json<Record<string, unknown>[]>('key', 'list');
  expect(keys).toMatchObject([
    { kind: 'signing', state: 'active' },
    {
      kind: 'registration',
      name: 'web',
      state: 'active',
      sources: ['base', 'apps'],
      groups: ['web'],
      tags: ['blue', 'green'],
      compartment: 'production',
      uses: 3,
      used: 1,
    },
  ]);
  expect(JSON.stringify(keys)).not.toContain(stdout.trim());
  expect((await place.run('key', 'list')).stdout).toMatch(
    /^web +active +1 of 3 .* base,apps +web +production +blue,green$/m,
  );
  const { stdout: revoked } = await place.run('key', 'revoke', 'web');
  expect(revoked).toContain('nobody registers with web any more');
  await expect(enrol(place, stdout.trim())).rejects.toThrow('there is no such registration key');
  expect((await place.run('key', 'list')).stdout).toMatch(/^web +revoked/m);
});

it('Of a key that takes records over it is said after how long, as it was written; labels may have spaces between', async () => {
  const place = await createPlace(sources);
  const periods = ['90s', '36h', '2d'];
  for (const after of periods) {
    const flags = ['--takeover-after', after, '--sources', 'base, apps'];
    await place.run('key', 'create', '--name', `after${after}`, ...flags);
  }
  const { stdout } = await place.run('key', 'list');
  expect(stdout).toMatch(/^after90s +active .* base,apps /m);
  expect(stdout.match(/takes over after .*$/gm)).toEqual(
    periods.map((after) => `takes over after ${after}`),
  );
});

it.each([
  ['--name web --sources none', 'there is no source none'],
  ['--name web --group none', 'there is no group none'],
  ['--name web --uses 0', '--uses 0 is no number above 0'],
  ['--name web --expires soon', '--expires soon is no time'],
  ['--name web --expires 2020-01-01', 'is over already'],
  ['--name web --takeover-after long', '--takeover-after long is no duration'],
  ['--name web --tag a,b', 'cannot be a tag'],
  ['--name web --compartment none', 'there is no compartment none'],
  ['--name web --reactivates 17', 'there is no instance 17'],
  ['--name -web', "cannot be a key's name"],
  ['', "required option '--name <name>' not specified"],
])('A key is not made: %s', async (flags, reason) => {
  const place = await createPlace(sources);
  const { code, stderr, stdout } = await place.run(
    'key',
    'create',
    ...flags.split(' ').filter(Boolean),
  );
  expect(code).not.toBe(0);
  expect(stderr).toContain(reason);
  expect(stdout).toBe('');
});

it('Instances are listed, shown, given sources and removed', async () => {
  const place = await createPlace(sources);
  const key = (await place.run('key', 'create', '--name', 'k')).stdout.trim();
  expect((await place.run('instance', 'list')).stdout).toContain('there are no such instances');
  const id = await enrol(place, key, 2);
  const server = await place.serve();
  const { stdout } = await place.run('instance', 'list', '--name', 'web0');
  expect(stdout).toMatch(
    new RegExp(`^${id} +web0.example.com +8 +x86_64 +[0-9: -]+192.0.2.1 +- +[-0]$`, 'm'),
  );
  expect(stdout).not.toContain('web1');
  expect((await place.json<unknown[]>('instance', 'list')).value).toHaveLength(2);
  expect((await place.json('instance', 'list', '--silent-for', '1d')).value).toEqual([]);

  const attached = await place.json('instance', 'attach', String(id), 'base', 'apps', '--history');
  expect(attached).toMatchObject({ code: 0, value: { instance: id, sources: ['apps', 'base'] } });
  const shown = await place.json('instance', 'show', `ID-${id}`);
  expect(shown.value).toMatchObject({
    id,
    name: 'web0.example.com',
    registering: false,
    kernel: '5.4.17',
    packages: 2,
    twins: [],
    hardware: [{ class: 'CPU', count: 2 }],
    sources: [
      { label: 'apps', history: true },
      { label: 'base', history: true },
    ],
  });
  expect((await place.run('instance', 'show', String(id))).stdout).toMatch(
    /^sources: +apps, base$/m,
  );
  expect((await place.run('instance', 'attach', String(id), 'none')).stderr).toContain(
    'there is no source none',
  );
  expect((await place.run('instance', 'attach', String(id), 'nine')).stderr).toContain('release 9');
  expect((await place.run('instance', 'attach', String(id))).stderr).toContain(
    'no source is named',
  );
  expect((await place.run('instance', 'detach', String(id), 'bsae')).stderr).toContain(
    'there is no source bsae',
  );
  expect((await place.run('instance', 'detach', String(id), 'base')).stderr).toContain('apps');
  expect((await place.run('instance', 'detach', String(id), 'base', 'apps')).stdout).toContain(
    'has no sources',
  );

  const issued = await place.json<{ password: string }>('instance', 'credential', String(id));
  expect(issued.value.password).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(server.logged())).not.toContain(issued.value.password);
  expect((await place.run('instance', 'remove', String(id), '17')).stderr).toContain(
    'there is no instance 17',
  );
  expect((await place.run('instance', 'remove', String(id))).stdout).toBe(`removed ${id}\n`);
  expect((await place.run('instance', 'show', String(id))).stderr).toContain(
    `there is no instance ${id}`,
  );

  const { value: audit } = await place.json<{ event: string }[]>(
    'audit',
    '--instance',
    String(id),
    '--since',
    '1d',
  );
  expect(audit.map((e) => e.event)).toEqual([
    'instance.removed',
    'instance.credential',
    ...['source.detached', 'source.detached', 'source.attached', 'source.attached'],
    'instance.registered',
  ]);
  const { stdout: text } = await place.run(
    'audit',
    '--event',
    'instance.registered',
    '--limit',
    '1',
  );
  expect(text.trim().split('\n')).toHaveLength(2);
  expect(text).toMatch(/instance.registered +key:k +\d+ +- +192.0.2.1 +- +web1.example.com/);
});

it('Groups give their instances sources, and say who cannot have them', async () => {
  const place = await createPlace(sources);
  const key = (await place.run('key', 'create', '--name', 'k')).stdout.trim();
  const id = await enrol(place, key, 2);
  const server = await place.serve();
  await place.run('group', 'create', 'web');
  expect((await place.run('instance', 'attach', '--group', 'web', 'base')).stdout).toContain(
    'group web has base',
  );
  expect((await place.run('group', 'add', 'web', String(id))).stdout).toContain(
    `${id} joined the group web`,
  );
  expect((await place.json('instance', 'show', String(id))).value).toMatchObject({
    groups: ['web'],
    sources: [{ label: 'base' }],
  });
  const refused = await place.run('instance', 'attach', '--group', 'web', 'nine');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(`  not ${id}: nine is for release 9`);
  const past = ['instance', 'attach', '--group', 'web', 'base', '--history'];
  expect(await place.run(...past)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is said for each instance'),
  });
  expect((await place.run('instance', 'detach', '--group', 'web', 'nien')).stderr).toContain(
    'there is no source nien',
  );
  await place.run('instance', 'detach', '--group', 'web', 'nine');
  expect((await place.run('group', 'list')).stdout).toMatch(
    /^web +- +- +1 +release 8, x86_64 +base /m,
  );
  expect((await place.run('group', 'show', 'web')).stdout).toContain('web0.example.com');
  expect((await place.run('group', 'drop', 'web', String(id + 1))).stderr).toContain(
    `instance ${id + 1} is not in the group web`,
  );
  expect((await place.run('group', 'drop', 'web', String(id))).code).toBe(0);
  expect((await place.run('group', 'remove', 'web')).stdout).toContain('its instances stay');
  expect((await place.run('group', 'show', 'web')).code).toBe(1);
  await server.stop();
  expect((await place.json('group', 'list')).value).toEqual([]);
});

it('Instances and groups are put into compartments, and given tags and names', async () => {
  const place = await createPlace(sources);
  const key = (await place.run('key', 'create', '--name', 'k', '--tag', 'green')).stdout.trim();
  const id = await enrol(place, key, 2);
  const fleet = await openFleet({}, join(place.folder, 'data'));
  await fleet.identity.compartments.create('production', '', 'ada');
  await fleet.close();
  const words = `instance set ${id} ${id + 1} --compartment production --tag blue red --no-tag green`;
  expect((await place.run(...words.split(' '))).stdout).toBe(
    [id, id + 1].map((i) => `instance ${i} is in production, with blue, red\n`).join(''),
  );
  await place.run('instance', 'set', String(id), '--compartment', '', '--no-tag', 'blue', 'red');
  const listed = await place.json('instance', 'list', '--compartment', 'production');
  expect(listed.value).toMatchObject([{ id: id + 1, tags: ['blue', 'red'] }]);
  expect((await place.json('instance', 'show', String(id))).value).toMatchObject({
    compartment: null,
    tags: [],
    ocid: expect.stringMatching(/^ocid1\.instance\.oc1\.\.[a-z2-7]{60}$/),
  });
  expect(await place.run('instance', 'set', String(id))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing is said of what is to change'),
  });
  expect((await place.run('instance', 'set', String(id), '--compartment', 'no')).stderr).toContain(
    'there is no compartment no',
  );
  await place.run('group', 'create', 'web', '--display-name', 'Web servers');
  await place.run('group', 'add', 'web', String(id));
  const change = ['--compartment', 'production', '--description', 'what is seen'];
  expect((await place.run('group', 'set', 'web', ...change)).stdout).toBe(
    'changed the group web\n',
  );
  expect((await place.run('group', 'list')).stdout).toMatch(
    /^web +Web servers +production +1 +release 8, x86_64 /m,
  );
  const { stdout } = await place.run('group', 'show', 'web');
  expect(stdout).toMatch(/^id: ocid1\.osmsmanagedinstancegroup\.oc1\.\./m);
  expect(stdout).toContain('shown as: Web servers\ndescription: what is seen\n');
  await place.run('group', 'set', 'web', '--display-name', '');
  expect((await place.json('group', 'show', 'web')).value).toMatchObject({ displayName: 'web' });
  expect((await place.run('group', 'set', 'web')).code).toBe(2);
  expect((await place.run('group', 'set', 'none', '--description', '')).code).toBe(1);
});
