import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { Preview } from '../../src/updates/preview/preview.ts';
import { temporaryFolder } from '../support/app.ts';
import { pkg, writeScene } from '../updates/scene.ts';
import { enrol } from './enrol.ts';
import { createPlace, fixture } from './headwater.ts';

it('A preview says what goes and what cannot be told, as a table or JSON, and refuses what means nothing', async () => {
  const place = await createPlace(
    `sources:\n  - { label: base, upstream: "${fixture('ol8')}", arch: x86_64, release: 8 }\n`,
  );
  const { stdout: key } = await place.run('key', 'create', '--name', 'web', '--sources', 'base');
  const id = String(await enrol(place, key.trim()));
  const update = await place.run('instance', 'preview', id, '--update-all');
  expect(update).toMatchObject({ code: 0, stdout: 'Nothing would be done.\n' });
  const removal = await place.run('instance', 'preview', id, '--remove', 'a');
  expect(removal.code).toBe(1);
  expect(removal.stdout).toMatch(
    /^PACKAGE +COMES +GOES +SOURCE +SIZE\nRemoved:\n {2}a\.noarch +1-1$/m,
  );
  expect(removal.stdout).toContain('It cannot be decided what would happen.');
  const { value } = await place.json<Preview>('instance', 'preview', id, '--install', 'none');
  expect(value).toMatchObject({
    decided: true,
    reasons: ['no package none is in a source of the instance'],
  });
  for (const flags of [[], ['--kind', 'urgent'], ['--enable', 'web'], ['--enable', 'web:']]) {
    expect((await place.run('instance', 'preview', id, ...flags)).code).toBe(2);
  }
});

it('What an upstream writes into names of advisories does not reach the terminal as it is', {
  timeout: 60_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeScene(folder, {
    packages: [pkg('a-2-1.noarch')],
    advisories: [{ id: 'X-\u009b2J', packages: ['a-2-1.noarch'] }],
  });
  const place = await createPlace(
    `sources:\n  - { label: base, upstream: "${pathToFileURL(folder).href}/", arch: x86_64, release: 8 }\n`,
  );
  await place.run('sync', 'base');
  const { stdout: key } = await place.run('key', 'create', '--name', 'web');
  const id = String(await enrol(place, key.trim()));
  await place.run('instance', 'attach', id, 'base');
  const { stdout } = await place.run('instance', 'preview', id, '--kind', 'Security');
  expect(stdout).toMatch(/^ {2}a\.noarch +2-1 +1-1 +base /m);
  expect(stdout).toMatch(/^Closes 1 advisory: X-\ufffd2J$/m);
});
