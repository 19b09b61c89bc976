import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { brook, by, startFlow } from './time.ts';

it('A source that does not exist is said not to, however it is named; one that vanished has its revisions', async () => {
  const { app, next, config, close } = await startFlow([{ label: 'new', follows: 'base' }]);
  await next(brook('1'));
  const { operations: o } = app;
  const none = { kind: 'not_found', message: 'there is no source nosuch' };
  for (const spec of ['', '@3', '@q3', '@2026-01-31']) {
    const name = `nosuch${spec}`;
    await expect(o.diff(name, 'base'), name).rejects.toMatchObject(none);
    const check = o.checkSource({ name, with: [], platform: null });
    await expect(check, name).rejects.toMatchObject(none);
  }
  const snapshot = o.createSnapshot({ label: 'nosuch', name: 'q3', at: null, by });
  await expect(snapshot).rejects.toMatchObject(none);
  await expect(o.diff('new', 'base')).rejects.toMatchObject({
    message: 'source new has no revision yet',
  });
  await close();

  const later = await startApp([], { data: config.data });
  expect(await later.app.operations.diff('base', 'base@1')).toMatchObject({
    before: { label: 'base', revision: 1 },
  });
});
