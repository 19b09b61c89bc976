import { expect, it } from 'vitest';
import type { Operations } from '../../src/server/control/operations.ts';
import { invented, writeRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';

const packages = [invented('brook'), invented('weir'), invented('sluice')];
const without = (...exclude: string[]) => [{ packages: { exclude } }];

async function started() {
  const folder = await temporaryFolder();
  await writeRepository(folder, { packages });
  const made = await startApp([
    { label: 'a', upstream: `file:${folder}/` },
    { label: 'later', upstream: `file:${folder}/` },
    { label: 'unserved', from: ['a'], filters: without('*') },
  ]);
  // What is encoded ahead needs it, and a test may end before.
  await made.app.operations.initialise();
  await made.sync('a');
  return { ...made, operations: made.app.operations };
}

const labels = async (operations: Operations) =>
  (await operations.listSources()).map((s) => s.label);

it('A view that could never be served is refused by command, and nothing of it is kept', async () => {
  const { operations, url } = await started();
  const before = await labels(operations);
  const refused: [unknown[], RegExp][] = [
    [without('*'), /the filters leave none of the packages/],
    [[{ as_of: '2999-01-01' }], /lies in the future/],
    [[{ as_of: '2001-01-01' }], /source a had no revision yet on 2001-01-01/],
  ];
  for (const [filters, message] of refused) {
    const adding = operations.addSource({ label: 'v', from: ['a'], filters });
    await expect(adding).rejects.toThrow(message);
  }
  // Of what was never synced, too: it will never have been there then.
  const filters = [{ as_of: '2001-01-01' }];
  await expect(operations.addSource({ label: 'v', from: ['later'], filters })).rejects.toThrow(
    /source later had no revision yet/,
  );
  expect(await labels(operations)).toEqual(before);

  expect(await operations.addSource({ label: 'v', from: ['a'] })).toMatchObject({
    packages: 3,
    remarks: [],
  });
  for (const [filters, message] of refused) {
    await expect(operations.setFilters('v', filters)).rejects.toThrow(message);
  }
  const { made, problem } = await operations.showSource('v');
  expect(made?.filters).toMatchObject({ packages: { exclude: [] }, asOf: null });
  expect(problem).toBeNull();
  const now = new Date().toISOString();
  for (const channel of ['v', `v@${now}`]) {
    const answer = await fetch(`${url}/channels/${channel}/repodata/repomd.xml`);
    expect(answer.status, channel).toBe(200);
  }
});

it('What is wrong with a definition is said where it stands', async () => {
  const { operations } = await started();
  const said = (definition: object) =>
    operations.addSource({ label: 'v', ...definition }).catch((error) => error.message);
  expect(await said({})).toBe(
    'this is no source: exactly one of upstream, mirrorlist, metalink, from and follows',
  );
  expect(await said({ from: [] })).toBe('this is no source: from: a list of one or more');
  expect(await said({ from: ['a', 'a'] })).toBe(
    'this is no source: from.1: each source once, and a is there twice',
  );
  expect(await said({ from: ['a'], filters: [{ modules: { exclude: ['x:'] } }] })).toBe(
    'this is no source: filters.0.modules.exclude.0: name or name:stream',
  );
});

it('Whoever defines a view hears how many packages it has, and which names fit nothing', async () => {
  const { operations } = await started();
  expect(
    await operations.addSource({ label: 'v', from: ['a'], filters: without('weir', 'wier') }),
  ).toMatchObject({
    packages: 2,
    revision: null,
    remarks: ['exclude packages wier: the parents have none'],
  });
  expect(await operations.setFilters('v', without('weir', 'brook'))).toMatchObject({
    packages: 1,
    remarks: [],
  });
});

it('A view of what has no revision yet is kept, and that is said', async () => {
  const { operations } = await started();
  const remarks = ['parent later has no revision yet: the view is served once it has'];
  const added = await operations.addSource({ label: 'v', from: ['a', 'later'] });
  expect(added).toMatchObject({ packages: null, remarks });
  expect(await operations.setFilters('v', without('weir'))).toMatchObject({ remarks });
  expect(await labels(operations)).toContain('v');
});

it('A view of the configuration that cannot be served is there, and listed as not current', async () => {
  const { operations, url } = await started();
  const problem = async (label: string) =>
    (await operations.listSources()).find((s) => s.label === label)?.problem;
  expect(await problem('unserved')).toBeNull();
  const answer = await fetch(`${url}/channels/unserved/repodata/repomd.xml`);
  expect(answer.ok).toBe(false);
  expect(await problem('unserved')).toMatch(/leave none of the packages/);
  expect(await problem('a')).toBeNull();
});
