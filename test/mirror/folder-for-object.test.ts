import { mkdir, rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { objectPaths } from './damage.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy } from './served.ts';

it.each(['document', 'tree', 'new pack', 'manifest'] as const)(
  'takes a folder in the place of a %s for damage and repairs it',
  async (kind) => {
    const { upstream } = await startRepository({
      packages: [invented('brook')],
      only: ['primary'],
    });
    const { app, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
    await sync('a');
    const path = (await objectPaths(config.data, 'a'))[kind];
    await rm(path);
    await mkdir(path);
    const report = await app.operations.verifySource('a', { repair: true }, () => {});
    expect(report).toMatchObject({ intact: true, problems: [{ problem: 'damaged' }] });
    await expectTidy(config.data);
    expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  },
);
