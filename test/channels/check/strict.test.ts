import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { writeInvented } from './invented.ts';

const names = async (url: string) => {
  const text = await fetch(`${url}/channels/view/repodata/repomd.xml`).then((r) => r.text());
  return text;
};

it('A strict view is not published where it becomes worse: what was served is served on', async () => {
  const folder = await temporaryFolder();
  const upstream = `${pathToFileURL(join(folder, 'repo')).href}/`;
  const sources = (strict: boolean) => [
    { label: 'mirror', upstream },
    { label: 'view', from: ['mirror'], filters: [{ packages: { exclude: ['b'] } }], strict },
  ];
  const broken = { name: 'broken', requires: ['nowhere'] };
  await writeInvented(join(folder, 'repo'), [{ name: 'a' }, { name: 'b' }, broken]);
  const { app, url, sync, logged } = await startApp(sources(true));
  await sync('mirror');
  const first = await names(url);

  // It lacked something from the beginning, which is no reason; what is new is one.
  await writeInvented(join(folder, 'repo'), [
    { name: 'a', requires: ['b'] },
    { name: 'b' },
    broken,
  ]);
  await sync('mirror');
  await expect
    .poll(
      async () => {
        await names(url);
        return logged.filter((l) => l.msg === 'not published').map((l) => l.reason);
      },
      { timeout: 15_000 },
    )
    .toContain(
      'view view is not published: it adds a requirement that nothing meets (a-1-1.noarch requires b)',
    );
  expect(await names(url)).toBe(first);
  expect((await app.operations.showSource('view')).revision).toBe(1);

  // A check says of what is refused what it lacks and what would mend it.
  const check = (name: string) => app.operations.checkSource({ name, with: [], platform: null });
  const refused = await check('view');
  expect(refused).toMatchObject({
    revision: null,
    problem: expect.stringContaining('a-1-1.noarch requires b'),
    counts: { unresolved: 2 },
    proposals: [{ package: 'b-1-1.noarch', from: 'mirror' }],
  });
  expect(await check('view@1')).toMatchObject({ revision: 1, problem: null });
  expect((await check('view@1')).counts.unresolved).toBe(1);

  await writeInvented(join(folder, 'repo'), [{ name: 'a' }, { name: 'b' }, { name: 'c' }, broken]);
  await sync('mirror');
  await expect.poll(() => names(url), { timeout: 15_000 }).not.toBe(first);
});

it('What other sources offer counts as there where a strict view names them, in `check` too', async () => {
  const folder = await temporaryFolder();
  const source = (label: string) => ({
    label,
    upstream: `${pathToFileURL(join(folder, label)).href}/`,
  });
  await writeInvented(join(folder, 'mirror'), [{ name: 'a' }]);
  await writeInvented(join(folder, 'base'), [{ name: 'b' }]);
  const view = { label: 'view', from: ['mirror'], strict: { with: ['base', 'unsynced'] } };
  const sources = [source('mirror'), source('base'), source('unsynced'), view];
  const { app, url, sync } = await startApp(sources);
  await sync('mirror');
  await sync('base');
  const first = await names(url);
  await writeInvented(join(folder, 'mirror'), [{ name: 'a', requires: ['b'] }]);
  await sync('mirror');
  await expect.poll(() => names(url), { timeout: 15_000 }).not.toBe(first);
  const { operations } = app;
  const check = await operations.checkSource({ name: 'view', with: [], platform: null });
  expect(check).toMatchObject({ revision: 2, counts: { unresolved: 0 } });
  expect((await operations.showSource('view')).made).toMatchObject({ strict: view.strict });
});
