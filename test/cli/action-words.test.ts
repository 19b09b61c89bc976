import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../../src/cli/action-words.ts';
import { actionKind } from '../../src/fleet/action-kinds.ts';
import { packageOf } from '../../src/fleet/package-words.ts';
import { temporaryFolder } from './folder.ts';

it.each([
  ['bash', { name: 'bash' }],
  ['bash.x86_64', { name: 'bash', arch: 'x86_64' }],
  ['python3.11', { name: 'python3.11' }],
  ['java-1.8.0-openjdk', { name: 'java-1.8.0-openjdk' }],
  ['java-1.8.0-openjdk.x86_64', { name: 'java-1.8.0-openjdk', arch: 'x86_64' }],
  [
    'java-1.8.0-openjdk-1:1.8.0.312.b07-2.el8_5.x86_64',
    {
      ...{ name: 'java-1.8.0-openjdk', epoch: '1', version: '1.8.0.312.b07' },
      ...{ release: '2.el8_5', arch: 'x86_64' },
    },
  ],
  [
    'tzdata-2024a-1.el8.noarch',
    { name: 'tzdata', epoch: '', version: '2024a', release: '1.el8', arch: 'noarch' },
  ],
  [
    'postgresql-10.23-3.module+el8.9.0+90119+1.x86_64',
    {
      ...{ name: 'postgresql', epoch: '', version: '10.23' },
      ...{ release: '3.module+el8.9.0+90119+1', arch: 'x86_64' },
    },
  ],
])('%s is a package', (word, read) => {
  expect(packageOf(word)).toEqual(read);
});

it.each([
  [['update'], 'packages.fullUpdate', {}],
  [['update', 'bash'], 'packages.update', { packages: [{ name: 'bash' }] }],
  [
    ['install', 'tmux.noarch'],
    'packages.install',
    { packages: [{ name: 'tmux', arch: 'noarch' }] },
  ],
  [['remove', 'nano'], 'packages.remove', { packages: [{ name: 'nano' }] }],
  [['errata', 'ELSA-1', 'ELSA-2'], 'errata.update', { advisories: ['ELSA-1', 'ELSA-2'] }],
  [['refresh-packages'], 'packages.refresh_list', {}],
  [['refresh-hardware'], 'hardware.refresh_list', {}],
  [['reboot'], 'reboot.reboot', {}],
  [
    ['transaction', '+a-1-1.noarch', '-b-1-1.noarch'],
    'packages.runTransaction',
    {
      install: [{ name: 'a', epoch: '', version: '1', release: '1', arch: 'noarch' }],
      erase: [{ name: 'b', epoch: '', version: '1', release: '1', arch: 'noarch' }],
    },
  ],
])('%j is %s', async (words, kind, params) => {
  const { instances, request } = await readRun(['1000010000', '1000010001', ...words], {});
  expect(instances).toEqual([1000010000, 1000010001]);
  expect(request).toMatchObject({ kind, params, earliestAt: null, expiresAt: null, after: null });
  expect(actionKind(kind)!.schema.safeParse(request.params).success).toBe(true);
});

it('A script is read from its file', async () => {
  const file = join(await temporaryFolder(), 'report.sh');
  await writeFile(file, '#!/bin/sh\nid\n');
  const flags = { user: 'nobody', timeout: '2m' };
  const { request } = await readRun(['1', 'script', file], flags);
  expect(request).toMatchObject({
    kind: 'script.run',
    params: { script: '#!/bin/sh\nid\n', user: 'nobody', timeout: 120 },
  });
});

it('Times are times, or how long from now', async () => {
  const flags = { at: '2026-12-01T03:00:00+01:00', expires: '2d', after: '17' };
  const { request } = await readRun(['1', 'reboot'], flags);
  expect(request).toMatchObject({ earliestAt: '2026-12-01T02:00:00.000Z', after: 17 });
  const ahead = Date.parse(request.expiresAt!) - Date.now();
  expect(Math.abs(ahead - 2 * 86_400_000)).toBeLessThan(60_000);
});

it.each([
  [[], {}],
  [['1'], {}],
  [['reboot'], {}],
  [['1', 'toString'], {}],
  [['1', 'reboot', 'now'], {}],
  [['1', 'install'], {}],
  [['1', 'install', '-x'], {}],
  [['1', 'update', '--wiat'], {}],
  [['1', 'errata'], {}],
  [['1', 'transaction'], {}],
  [['1', 'transaction', 'a-1-1.noarch'], {}],
  [['1', 'script'], {}],
  [['1', 'script', '/nowhere/at/all'], {}],
  [['1', 'script', 'a', 'b'], {}],
  [['1', 'reboot'], { user: 'root' }],
  [['1', 'reboot'], { at: 'soon' }],
  [['1', 'reboot'], { after: 'x' }],
])('%j with %j is refused', async (words, flags) => {
  await expect(readRun(words, flags)).rejects.toMatchObject({ kind: 'usage' });
});
