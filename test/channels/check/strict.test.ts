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

  await writeInvented(join(folder, 'repo'), [{ name: 'a' }, { name: 'b' }, { name: 'c' }, broken]);
  await sync('mirror');
  await expect.poll(() => names(url), { timeout: 15_000 }).not.toBe(first);
});
