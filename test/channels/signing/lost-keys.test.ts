import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { levels } from 'pino';
import { expect, it } from 'vitest';
import { invented, writeRepository } from '../../mirror/repository.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';

it('A key that takes the place of a lost one is warned of', async () => {
  const folder = await temporaryFolder();
  await writeRepository(folder, { packages: [invented('brook')] });
  const data = join(await temporaryFolder(), 'data');
  const sources = [
    { label: 'a', upstream: `file:${folder}/` },
    { label: 'v', from: ['a'] },
  ];
  const warned = (logged: Record<string, unknown>[]) =>
    logged.filter((l) => String(l.msg).includes('the key that signed what was published is gone'));
  const first = await startApp(sources, { data });
  await first.sync('a');
  expect((await fetch(`${first.url}/channels/v/repodata/repomd.xml`)).status).toBe(200);
  const [old] = await first.app.operations.listKeys();
  expect(warned(first.logged)).toEqual([]);
  await first.close();

  await rm(join(data, 'keys'), { recursive: true });
  const second = await startApp(sources, { data });
  await second.app.operations.initialise();
  const [renewed] = await second.app.operations.listKeys();
  expect(renewed!.fingerprint).not.toBe(old!.fingerprint);
  expect(warned(second.logged)).toMatchObject([
    { level: levels.values.warn, fingerprint: renewed!.fingerprint },
  ]);
});
