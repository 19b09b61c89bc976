import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf, projectRoot } from '../support/tools.ts';

const fixtures = ['ol7', 'ol8', 'ol9'] as const;

it.skipIf(!hasDnf).each(fixtures)(
  'dnf lists the same packages of %s through Headwater as from disk',
  async (name) => {
    const folder = await temporaryFolder();
    const repository = join(projectRoot, 'fixtures/repodata', name);
    const { url, sync } = await startApp([{ label: name, upstream: `file:${repository}/` }]);
    const direct = await createDnf(join(folder, 'direct'), `file://${repository}/`);
    const through = await createDnf(join(folder, 'through'), `${url}/channels/${name}/`);
    const { packages, setAsideCount } = await sync(name);
    expect(setAsideCount).toBe(0);

    const expected = await direct.packages();
    expect(expected).toHaveLength(packages!);
    expect(await through.packages()).toEqual(expected);
  },
);

it.skipIf(!hasDnf)('dnf sees module streams and installs one through Headwater', async () => {
  const folder = await temporaryFolder();
  const repository = join(projectRoot, 'fixtures/repodata/ol8');
  const { url, sync } = await startApp([{ label: 'ol8', upstream: `file:${repository}/` }]);
  await sync('ol8');
  const dnf = await createDnf(join(folder, 'dnf'), `${url}/channels/ol8/`);
  const streams = await dnf('module', 'list');
  expect(streams).toMatch(/millrace\s+2\.4/);
  expect(streams).toMatch(/millrace\s+2\.10/);
  await dnf('module', 'install', `--installroot=${join(folder, 'root')}`, 'millrace:2.10');
  const installed = await dnf(
    'repoquery',
    '--installed',
    `--installroot=${join(folder, 'root')}`,
    'millrace',
  );
  expect(installed).toMatch(/^millrace-.*2\.10/m);
});
