import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { writeInvented } from '../channels/check/invented.ts';
import { temporaryFolder } from '../support/app.ts';
import { createPlace } from './headwater.ts';

it('`check` prints what is missing and what would help, and ends with 1 where something is', {
  timeout: 180_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeInvented(join(folder, 'a'), [
    { name: 'app', requires: ['lib >= 1'] },
    { name: 'lib' },
  ]);
  await writeInvented(join(folder, 'b'), [{ name: 'lib', evr: '2-1' }]);
  const upstream = (name: string) => `${pathToFileURL(join(folder, name)).href}/`;
  const place = await createPlace(`sources:
  - {label: a, upstream: "${upstream('a')}"}
  - {label: b, upstream: "${upstream('b')}"}
  - {label: view, from: [a], filters: [{packages: {exclude: [lib]}}]}
`);
  await place.run('sync', '--all');

  const whole = await place.run('check', 'a@1');
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  expect(whole.stdout).toMatch(
    /^a revision 1: 2 packages checked \([\d.]+ s\)\nnothing is missing\n$/,
  );

  const view = await place.run('check', 'view');
  expect(view.code).toBe(1);
  expect(view.stdout.split('\n').slice(1)).toEqual([
    'requirements that nothing meets: 1, of 1 packages',
    '  app-1-1.noarch requires lib >= 1',
    'smallest additions found: 1 packages',
    '  lib-1-1.noarch from a meets 1',
    '',
  ]);

  expect((await place.run('check', 'view', '--with', 'b')).code).toBe(0);
  const { code, value } = await place.json('check', 'view@1', '--with', 'b@1', 'a');
  expect(code).toBe(0);
  expect(value).toMatchObject({
    label: 'view',
    revision: 1,
    unresolved: [],
    counts: { packages: 1 },
  });

  const unknown = await place.run('check', 'view@none');
  expect(unknown.code).not.toBe(0);
  expect(unknown.stderr).toContain('no snapshot none');
});
