import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace, fixture } from './headwater.ts';

const file = `
sources:
  - { label: base, upstream: "${fixture('ol8')}" }
  - { label: infile, from: [base] }
  - { label: empty, from: [base], filters: [{ packages: { exclude: ['*'] } }] }
`;

it('Views and stages are defined by command, and their filters changed', async () => {
  const place = await createPlace(file);
  const server = await place.serve();
  const filters = join(place.folder, 'filters.yaml');
  await writeFile(filters, '- packages: { exclude: [vim*] }\n- latest_only: true\n');
  const add = (...args: string[]) => place.json('source', 'add', ...args);
  const options =
    '--from base infile --priority infile=1 --strict --compression zstd --include-package bash zsh* --exclude-module nodejs:18 --include-group core --advisory-type security --advisory-severity Critical Important --exclude-advisory ELSA-1 --issued-until 2026-01-31 --latest-only';
  expect(await add('mine', ...options.split(' '), '--filters', filters)).toMatchObject({
    code: 0,
    value: { label: 'mine', kind: 'view', origin: 'state' },
  });
  expect(await add('prod', '--follows', 'mine', '--at', '3')).toMatchObject({
    code: 0,
    value: { kind: 'stage' },
  });

  const refused = async (message: RegExp, ...args: string[]) => {
    const { code, stderr } = await place.run('source', ...args);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  };
  await refused(/lost draws from nowhere, which is no source/, 'add', 'lost', '--from', 'nowhere');
  await refused(
    /lost is checked with nowhere, which is no source/,
    ...['add', 'lost', '--from', 'infile', '--strict-with', 'nowhere'],
  );
  await refused(
    /lost is checked with itself/,
    ...['add', 'lost', '--from', 'infile', '--strict-with', 'lost'],
  );
  await refused(/self draws from itself: self → self/, 'add', 'self', '--from', 'self');
  await refused(
    /--priority x=1 is no LABEL=NUMBER/,
    'add',
    'v',
    '--from',
    'base',
    '--priority',
    'x=1',
  );
  await refused(
    /no such key in a mirrored source/,
    'add',
    'v',
    '--upstream',
    'file:x',
    '--latest-only',
  );
  await refused(/a date or a time/, 'add', 'v', '--from', 'base', '--as-of', 'yesterday');
  await refused(/cannot be removed: prod would lose/, 'remove', 'mine');
  await refused(/infile is in .*headwater.yaml/, 'filter', 'infile', '--latest-only');
  await refused(/prod is no view/, 'filter', 'prod', '--latest-only');
  await refused(/no filter is given/, 'filter', 'mine');
  await refused(/a pattern without blanks/, 'filter', 'mine', '--exclude-package', 'a b');

  await refused(/had no revision yet/, 'add', 'v', '--from', 'base', '--as-of', '2026-01-31');
  await refused(/in the future/, 'add', 'v', '--from', 'base', '--as-of', '2999-01-01');

  const served = (label: string) =>
    `parent ${label} has no revision yet: the view is served once it has\n`;
  expect((await place.run('source', 'filter', 'mine', '--exclude-package', 'vim*')).stdout).toBe(
    `mine has these filters now\n${served('infile')}${served('base')}`,
  );
  expect((await place.run('sync', 'base')).code).toBe(0);
  const { stdout } = await place.run('source', 'add', 'known', '--from', 'base');
  expect(stdout).toMatch(/^added known: \d+ packages\n$/);
  const unknown = await place.run('source', 'filter', 'known', '--exclude-package', 'vimm');
  expect(unknown.stdout).toMatch(
    /^known has these filters now: \d+ packages\nexclude packages vimm: the parents have none\n$/,
  );
  await refused(/leave none of the packages/, 'filter', 'known', '--exclude-package', '*');
  expect((await fetch(`${server.url}/channels/empty/repodata/repomd.xml`)).ok).toBe(false);
  const listed = (await place.run('source', 'list')).stdout.split('\n');
  expect(listed.find((line) => line.startsWith('empty '))).toMatch(/view of base, not current/);
  expect(listed.find((line) => line.startsWith('known '))).not.toContain('not current');
  expect((await place.run('source', 'filter', 'mine', '--none')).code).toBe(0);
  expect((await place.run('source', 'remove', 'prod')).code).toBe(0);
  expect((await place.run('source', 'remove', 'mine')).code).toBe(0);
  await server.stop();
});

it('Sources that draw from none there is, or from themselves, are refused at start and at reload', async () => {
  const place = await createPlace(`sources: [{ label: a, from: [b] }]`);
  expect(await place.run('source', 'list')).toMatchObject({
    code: expect.any(Number),
    stderr: expect.stringContaining('source a draws from b, which is no source'),
  });
  await place.write(`
sources:
  - { label: a, from: [c] }
  - { label: b, follows: a }
  - { label: c, from: [base, b] }
  - { label: base, upstream: "${fixture('ol8')}" }
`);
  const { code, stderr } = await place.run('source', 'list');
  expect(code).not.toBe(0);
  expect(stderr).toContain('source a draws from itself: a → c → b → a');
});

it('Two revisions are compared', async () => {
  const place = await createPlace(
    `sources: [{ label: ol8, upstream: "${fixture('ol8')}" }, { label: ol9, upstream: "${fixture('ol9')}" }]`,
  );
  expect((await place.run('sync', '--all')).code).toBe(0);
  const { stdout } = await place.run('diff', 'ol8', 'ol9');
  expect(stdout).toMatch(/^ol8@1 → ol9@1\n\n\d+ packages added\n {2}\S+-\S+-\S+\.\w+\n/);
  expect((await place.run('diff', 'ol8', 'ol8')).stdout).toBe('ol8@1 → ol8@1: no difference\n');
  const { value } = await place.json<{ packages: { added: unknown[] } }>('diff', 'ol8', 'ol9');
  expect(value).toMatchObject({ before: { label: 'ol8', revision: 1 }, after: { label: 'ol9' } });
  expect(value.packages.added.length).toBeGreaterThan(0);
  expect((await place.run('diff', 'ol8', 'nothing')).stderr).toContain(
    'there is no source nothing',
  );
  expect((await place.run('diff', '@1', 'ol8')).stderr).toContain('@1 names no revision');
});
