import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';

const upstream = 'file:fixtures/repodata/ol8/';

it('A label both in the file and added by command is refused at start, and the file is named', async () => {
  const first = await startApp([]);
  await first.app.operations.addSource({ label: 'twice', upstream: 'file:///srv/' });
  await first.close();
  const { data } = first.config;
  await expect(
    startApp([{ label: 'twice', upstream }], { data, file: 'my.yaml' }),
  ).rejects.toMatchObject({
    kind: 'config',
    message: 'source twice is in my.yaml and was also added by command',
  });
  const again = await startApp([], { data });
  expect((await again.app.operations.listSources()).map((s) => s.label)).toEqual(['twice']);
});

it('A label both in the file and added by command is refused by a reload, which changes nothing', async () => {
  const { app, config } = await startApp([{ label: 'old', upstream }]);
  await app.operations.addSource({ label: 'twice', upstream: 'file:///srv/' });
  const [source] = app.sources.all();
  const next = { ...config, sources: [{ ...source!, label: 'twice' }] };
  await expect(app.reload(next)).rejects.toMatchObject({ kind: 'config' });
  expect(app.sources.all().map((s) => [s.label, s.origin])).toEqual([
    ['old', 'file'],
    ['twice', 'state'],
  ]);
});
