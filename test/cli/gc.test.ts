import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GcResult } from '../../src/server/control/operations.ts';
import { invented, writeRepository } from '../mirror/repository.ts';
import { revisionsOf, startForgetful } from '../store/collect/space.ts';
import { temporaryFolder } from '../support/app.ts';
import { createPlace, until } from './headwater.ts';

/** A place with a source of two revisions, the first of which nobody needs. */
async function twoRevisions(space = '{ margin: 1ms }') {
  const repository = join(await temporaryFolder(), 'repository');
  await mkdir(repository);
  const place = await createPlace(`
min_free: 1MB
channels: { grace: 1ms }
space: ${space}
sources:
  - { label: a, upstream: "file:${repository}/", packages: immediate, keep_revisions: 1ms }
`);
  for (const version of ['1', '2']) {
    const packages = [invented('weir', version)];
    await writeRepository(repository, { packages, time: 1_700_000_000 + Number(version) });
    expect(await place.run('sync', 'a')).toMatchObject({ code: 0 });
  }
  return place;
}

it('gc says what goes by source and kind, then what went', async () => {
  const place = await twoRevisions();
  const dry = await place.run('gc', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toMatch(/^SOURCE +KIND +COUNT +SIZE\n/);
  expect(dry.stdout).toMatch(/^a +rpms +1 +3\.0 kB$/m);
  expect(dry.stdout).toMatch(/^a +rows +1 +-$/m);
  expect(dry.stdout).toMatch(/^a: revision 1 goes$/m);
  expect(dry.stdout).toMatch(/ in \d+ files would be freed\n$/);
  expect(revisionsOf(join(place.folder, 'data'), 'a')).toEqual([1, 2]);

  const { code, stdout } = await place.run('gc');
  expect(code).toBe(0);
  expect(stdout.startsWith(dry.stdout)).toBe(true);
  expect(stdout).toMatch(/ in \d+ files were freed \(\d+\.\d s\)\n$/);
  expect(revisionsOf(join(place.folder, 'data'), 'a')).toEqual([2]);
  expect((await place.run('gc')).stdout).toMatch(/^0 B in 0 files would be freed\n/);
});

it('gc --json prints the plan and what went, with a server running too', async () => {
  const place = await twoRevisions();
  await place.serve();
  const { value } = await place.json<GcResult & { plan: GcResult }>('gc');
  expect(value).toMatchObject({ dryRun: false, revisions: [{ label: 'a', numbers: [1] }] });
  expect(value.bytes).toBeGreaterThan(3000);
  expect(value.plan).toMatchObject({ bytes: value.bytes, lines: value.lines });
});

it('a server collects space by itself where it is told to', async () => {
  const place = await twoRevisions('{ margin: 1ms, gc: { every: 1s } }');
  await place.serve();
  await until(() => revisionsOf(join(place.folder, 'data'), 'a').length === 1);
});

it('nothing young is removed, nor what was superseded within the time that the source keeps', async () => {
  const { gc, app, sync } = await startForgetful([], { space: { margin: '1h' } });
  const repository = join(await temporaryFolder(), 'repository');
  const add = (label: string, keep: string) =>
    app.operations.addSource({ label, upstream: `file:${repository}/`, keep_revisions: keep });
  await add('a', '1ms');
  await add('b', '90d');
  for (const version of ['1', '2']) {
    await writeRepository(repository, {
      packages: [invented('weir', version)],
      time: 1_700_000_000 + Number(version),
    });
    for (const label of ['a', 'b']) await sync(label);
  }
  expect(await gc()).toMatchObject({ bytes: 0, revisions: [{ label: 'a', numbers: [1] }] });
});
