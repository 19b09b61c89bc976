import type { IncomingHttpHeaders } from 'node:http';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook'), invented('weir')];

it('asks one conditional question where nothing is new, and writes that into the history', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync, app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const asked: IncomingHttpHeaders[] = [];
  upstream.fault = (request) => {
    asked.push(request.headers);
    return false;
  };
  await sync('a');
  expect(asked[0]!['if-none-match']).toBeUndefined();
  upstream.requests.length = 0;
  asked.length = 0;

  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 1, bytes: 0 });
  expect(upstream.requests).toEqual(['/repodata/repomd.xml']);
  expect(asked[0]!['if-none-match']).toMatch(/^".+"$/);
  expect(asked[0]!['if-modified-since']).toMatch(/GMT$/);

  const { history } = await app.operations.showSource('a');
  expect(history.map((h) => h.outcome)).toEqual(['unchanged', 'updated']);
  expect(history[1]).toMatchObject({ packages: 2, packagesAdded: 2, packagesRemoved: 0 });
  expect(history[1]!.bytes).toBeGreaterThan(1000);
  for (const { startedAt, finishedAt } of history) {
    expect(Date.now() - Date.parse(startedAt)).toBeLessThan(60_000);
    expect(Date.parse(finishedAt!)).toBeGreaterThanOrEqual(Date.parse(startedAt));
  }
});

it('needs one request too where the upstream knows no conditions', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  upstream.fault = (request) => {
    for (const name of ['if-none-match', 'if-modified-since']) delete request.headers[name];
    return false;
  };
  await sync('a');
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 1 });
  expect(upstream.requests).toEqual(['/repodata/repomd.xml']);
});

it('asks anew what a failed sync has seen already', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  await writeRepository(upstream.folder, { packages: packages.slice(1), time: 1_700_000_100 });
  upstream.fault = (request, response) => {
    if (!request.url!.includes('primary')) return false;
    response.writeHead(404).end();
    return true;
  };
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  upstream.fault = undefined;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1, packagesRemoved: 1 });
});
