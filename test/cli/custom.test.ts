import { expect, it } from 'vitest';
import { createPlace, fixture } from './headwater.ts';

const file = `
sources:
  - { label: ol8, release: 8, arch: x86_64, upstream: "${fixture('ol8')}" }
`;

it('A custom source is made, filled and emptied by command, with a server and without', async () => {
  const place = await createPlace(file);
  await place.run('sync', 'ol8');
  const made = await place.run('source', 'add', 'ours', '--custom', '--no-fetch');
  expect(made.stdout).toContain('fill it with: headwater source packages add ours NAME');
  const { stdout } = await place.run('source', 'packages', 'add', 'ours', 'weir.x86_64');
  expect(stdout).toMatch(/^added weir-0:\S+\.x86_64\nours has 1 packages\n$/);
  await place.serve();
  const unknown = await place.run('source', 'packages', 'add', 'ours', 'weir', 'unheard-of');
  expect(unknown).toMatchObject({ code: 2 });
  expect(unknown.stderr).toContain('the sources have no package unheard-of');
  const from = await place.run('source', 'packages', 'add', 'ours', 'weir', '--from', 'ours');
  expect(from.stderr).toContain('the sources have no package weir');
  const listed = await place.run('source', 'packages', 'list', 'ours');
  expect(listed.stdout).toMatch(/^PACKAGE +FROM\nweir-0:\S+\.x86_64 +ol8@1\n$/);
  expect((await place.run('source', 'list')).stdout).toMatch(/^ours .*custom of ol8@1 /m);
  const shown = await place.run('source', 'show', 'ours');
  expect(shown.stdout).toMatch(/taken from +ol8\n.*drawn from +ol8@1\n.*packages +on demand\n/s);
  const { value } = await place.json('source', 'packages', 'remove', 'ours', 'weir');
  expect(value).toMatchObject({ label: 'ours', packages: 0 });
  expect((await place.run('source', 'packages', 'list', 'ours')).stdout).toBe(
    'ours has no packages\n',
  );
});

it('The configuration file makes no custom source', async () => {
  const place = await createPlace('sources:\n  - { label: ours, custom: true }\n');
  const { code, stderr } = await place.run('source', 'list');
  expect(code).not.toBe(0);
  expect(stderr).toContain('custom sources are made by command');
});
