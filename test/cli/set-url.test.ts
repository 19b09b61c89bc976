import { expect, it } from 'vitest';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { createPlace, fixture } from './headwater.ts';

it('The next sync asks the new upstream without conditions, and finds the same', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  const { app, sync, url } = await startApp([]);
  await app.operations.addSource({ label: 'mine', name: 'Mine', metalink: `${upstream.url}none` });
  await app.operations.setSourceUrls('mine', [upstream.url]);
  expect(await sync('mine')).toMatchObject({ outcome: 'updated', revision: 1 });
  const other = await startUpstream(upstream.folder);
  await upstream.close();

  const changed = await app.operations.setSourceUrls('mine', [other.url]);
  expect(changed).toMatchObject({ label: 'mine', name: 'Mine', upstream: other.url });
  const conditions: unknown[] = [];
  other.fault = (request) => {
    conditions.push(request.headers['if-none-match'], request.headers['if-modified-since']);
    return false;
  };
  expect(await sync('mine')).toMatchObject({ outcome: 'unchanged', revision: 1 });
  expect(conditions).toEqual([undefined, undefined]);
  expect((await fetch(`${url}/channels/mine/Packages/brook-1-1.noarch.rpm`)).status).toBe(200);

  // Also where it is the same address as before.
  await app.operations.setSourceUrls('mine', [other.url]);
  await sync('mine');
  expect(conditions.slice(0, 2)).toEqual([undefined, undefined]);
  expect(conditions.slice(-2)).toEqual([undefined, undefined]);
});

it('Only what was added by command has its upstream changed by command, and not while it is synced', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [] });
  const { app, sync } = await startApp([{ label: 'file', upstream: upstream.url }]);
  const { setSourceUrls, addSource, showSource } = app.operations;
  await expect(setSourceUrls('file', [upstream.url])).rejects.toMatchObject({
    kind: 'conflict',
    hint: expect.stringContaining('change its upstream there'),
  });
  await expect(setSourceUrls('none', [upstream.url])).rejects.toMatchObject({ kind: 'not_found' });
  await addSource({ label: 'mine', upstream: upstream.url });
  await expect(setSourceUrls('mine', ['ftp://nowhere/'])).rejects.toMatchObject({ kind: 'usage' });
  const syncing = sync('mine');
  await expect(setSourceUrls('mine', [upstream.url])).rejects.toMatchObject({ kind: 'conflict' });
  await syncing;
  expect(await showSource('mine')).toMatchObject({ upstream: upstream.url });
});

it('The new upstream is kept over restarts, and addresses are relative to where the command is given', async () => {
  const place = await createPlace('');
  await place.run('source', 'add', 'mine', '--upstream', fixture('ol8'));
  const { code, stdout } = await place.run('source', 'set-url', 'mine', 'file:./repo/');
  expect(code).toBe(0);
  expect(stdout).toContain(`mine is mirrored from file://${place.folder}/repo/ now`);
  expect((await place.json('source', 'show', 'mine')).value).toMatchObject({
    upstream: `file://${place.folder}/repo/`,
  });
});
