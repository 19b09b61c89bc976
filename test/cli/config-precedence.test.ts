import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/cli/config.ts';
import { written } from './written.ts';

it('listen: the file, then HEADWATER_LISTEN, then --listen', async () => {
  const { file: config } = await written('listen: 127.0.0.1:1001');
  const HEADWATER_LISTEN = '127.0.0.2:1002';
  const listen = '127.0.0.3:1003';
  expect(loadConfig({ config }, {}).listen.port).toBe(1001);
  expect(loadConfig({ config }, { HEADWATER_LISTEN: '' }).listen.port).toBe(1001);
  expect(loadConfig({ config }, { HEADWATER_LISTEN })).toMatchObject({
    listen: { host: '127.0.0.2', port: 1002 },
    publicUrl: 'http://127.0.0.2:1002',
  });
  expect(loadConfig({ config, listen }, { HEADWATER_LISTEN }).listen.port).toBe(1003);
  expect(loadConfig({ config, listen }, {}).listen.port).toBe(1003);
});

it('data: the file, then HEADWATER_DATA, then --data; the last two from the current folder', async () => {
  const { file: config, folder } = await written('data: below');
  const { file: without, folder: other } = await written('');
  const HEADWATER_DATA = 'from-environment';
  expect(loadConfig({ config: without }, {}).data).toBe(join(other, 'data'));
  expect(loadConfig({ config }, {}).data).toBe(join(folder, 'below'));
  expect(loadConfig({ config }, { HEADWATER_DATA: '' }).data).toBe(join(folder, 'below'));
  expect(loadConfig({ config }, { HEADWATER_DATA }).data).toBe(resolve('from-environment'));
  expect(loadConfig({ config, data: '/srv' }, { HEADWATER_DATA }).data).toBe('/srv');
  expect(loadConfig({ config, data: 'x' }, {}).data).toBe(resolve('x'));
});

it('the file: HEADWATER_CONFIG, then --config', async () => {
  const { file: HEADWATER_CONFIG } = await written('');
  const { file: config } = await written('');
  expect(loadConfig({}, { HEADWATER_CONFIG }).file).toBe(HEADWATER_CONFIG);
  expect(loadConfig({ config }, { HEADWATER_CONFIG }).file).toBe(config);
  expect(loadConfig({ config: relative('.', config) }, {}).file).toBe(config);
});

it('Relative paths are found from the folder of the file, wherever the command is given', async () => {
  const { folder } = await written('');
  const etc = join(folder, 'etc with # and %');
  await mkdir(etc);
  const config = join(etc, 'headwater.yaml');
  await writeFile(
    config,
    'data: ../data\nsources: [{ label: a, upstream: "file:../repo/a%20b/" }]\n',
  );
  const { data, sources } = loadConfig({ config }, {});
  expect(data).toBe(join(folder, 'data'));
  expect(sources[0]).toHaveProperty('upstream.urls', [`file://${folder}/repo/a%20b/`]);
});
