import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { brook, plain, startFlow } from './time.ts';

const ignore = () => {};
const stage = { label: 'prod', follows: 'base' };
/** What primary says of `brook`, whose rpm another server has. */
const elsewhere = (url: string) => `<package type="rpm">
  <name>brook</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/>
  <checksum type="sha256" pkgid="YES">${hash('sha256', brook('1').bytes)}</checksum>
  <summary/><description/><packager/><url/><time file="1" build="1"/>
  <size package="${brook('1').bytes.length}" installed="1" archive="1"/>
  <location xml:base="${url}" href="${brook('1').href}"/><format/></package>`;

const rpms = (requests: string[]) => requests.filter((r) => r.endsWith('.rpm')).length;

it('A promotion fetches what is not held first, and tells how far it is', async () => {
  const { app, next, upstream } = await startFlow([stage]);
  await next(brook('1'), invented('weir'));
  const events: number[] = [];
  const to = { ...plain, to: null };
  const moved = await app.operations.promoteStage('prod', to, (e) => events.push(e.packages));
  expect(moved).toMatchObject({ fetched: 2, notHeld: 0 });
  expect(rpms(upstream.requests)).toBe(2);
  expect(Math.max(...events)).toBe(2);
  await next(brook('2'), invented('weir'));
  expect(await app.operations.promoteStage('prod', to, ignore)).toMatchObject({ fetched: 1 });
});

it('It fetches nothing where that is not wanted, in the stage or by command', async () => {
  const { app, next, upstream } = await startFlow([
    stage,
    { ...stage, label: 'bare', fetch: false },
  ]);
  await next(brook('1'));
  const { operations: o } = app;
  const moved = await o.promoteStage('prod', { ...plain, to: null, fetch: false }, ignore);
  expect(moved).toMatchObject({ changed: true, fetched: 0, notHeld: null });
  await o.promoteStage('bare', { ...plain, to: null }, ignore);
  expect(rpms(upstream.requests)).toBe(0);
  await next(brook('2'));
  expect(await o.promoteStage('bare', { ...plain, to: null, fetch: true }, ignore)).toMatchObject({
    fetched: 1,
  });
});

it('A promotion to what a stage offers already fetches what is not held, and is no move', async () => {
  const { app, next, upstream } = await startFlow([{ ...stage, fetch: false }]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  const to = { ...plain, to: null };
  await o.promoteStage('prod', to, ignore);
  const before = await o.showHistory('prod');
  expect(await o.promoteStage('prod', to, ignore)).toMatchObject({
    ...{ changed: false, fetched: 0, notHeld: null },
  });
  const filled = { changed: false, revision: 1, notHeld: 0 };
  const fetching = { ...to, fetch: true };
  expect(await o.promoteStage('prod', fetching, ignore)).toMatchObject({ ...filled, fetched: 2 });
  expect(await o.promoteStage('prod', fetching, ignore)).toMatchObject({ ...filled, fetched: 0 });
  expect(rpms(upstream.requests)).toBe(2);
  expect(await o.showHistory('prod')).toEqual(before);
});

it('Where a stage cannot be filled that is an error, unless packages may be missing', async () => {
  const { app, next, upstream } = await startFlow([stage]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  const to = { ...plain, to: null };
  await o.promoteStage('prod', { ...to, fetch: false }, ignore);
  upstream.fault = (request, response) => {
    if (!request.url!.includes('weir')) return false;
    response.writeHead(404).end();
    return true;
  };
  await expect(o.promoteStage('prod', to, ignore)).rejects.toMatchObject({
    message: expect.stringContaining('1 packages could not be fetched'),
  });
  expect(await o.promoteStage('prod', { ...to, allowMissing: true }, ignore)).toMatchObject({
    ...{ changed: false, fetched: 0, notHeld: 1 },
  });
});

it('Packages that cannot be fetched keep a stage as it is, unless they may be missing', async () => {
  const { app, next, offers, upstream } = await startFlow([stage]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  upstream.fault = (request, response) => {
    if (!request.url!.includes('weir')) return false;
    response.writeHead(404).end();
    return true;
  };
  await expect(o.promoteStage('prod', { ...plain, to: null }, ignore)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('1 packages could not be fetched'),
    hint: expect.stringContaining('--allow-missing'),
  });
  expect(await offers('prod')).toBeUndefined();
  const allowed = { ...plain, to: null, allowMissing: true };
  expect(await o.promoteStage('prod', allowed, ignore)).toMatchObject({ fetched: 0, notHeld: 1 });
  expect(await offers('prod')).toMatchObject({ of: 'base@1' });
});

it('Packages of a source that keeps none stay at upstream', async () => {
  const { app, next, upstream } = await startFlow([stage], { base: { packages: 'none' } });
  await next(brook('1'));
  const moved = await app.operations.promoteStage('prod', { ...plain, to: null }, ignore);
  expect(moved).toMatchObject({ changed: true, fetched: 0, notHeld: 1 });
  expect(rpms(upstream.requests)).toBe(0);
});

it('Packages that lie elsewhere are fetched from there', async () => {
  const other = await startRepository({ packages: [brook('1')] });
  const { upstream } = await startRepository({
    packages: [],
    only: ['primary'],
    edit: (_, xml) => xml.replace('</metadata>', `${elsewhere(other.upstream.url)}</metadata>`),
  });
  const { app, sync } = await startApp([{ label: 'base', upstream: upstream.url }, stage]);
  expect(await sync('base')).toMatchObject({ outcome: 'updated' });
  const moved = await app.operations.promoteStage('prod', { ...plain, to: null }, ignore);
  expect(moved).toMatchObject({ fetched: 1, notHeld: 0 });
  expect(rpms(other.upstream.requests)).toBe(1);
});

it('A server that ends breaks a promotion off that fetches, and the stage is as before', async () => {
  const { app, next, upstream, config, close } = await startFlow([stage]);
  await next(brook('1'));
  const asked = Promise.withResolvers<void>();
  upstream.fault = (request) => {
    if (request.url!.endsWith('.rpm')) asked.resolve();
    return request.url!.endsWith('.rpm');
  };
  const promoted = app.operations.promoteStage('prod', { ...plain, to: null }, ignore);
  const refused = expect(promoted).rejects.toMatchObject({ kind: 'cancelled' });
  await asked.promise;
  await close();
  await refused;
  upstream.fault = undefined;
  const again = await startApp([{ label: 'base', upstream: upstream.url }, stage], {
    data: config.data,
  });
  const history = await again.app.operations.showHistory('prod');
  expect(history).toMatchObject({ revisions: [], moves: [] });
});
