import { expect, it } from 'vitest';
import { fixtureFolder } from '../cli/folder.ts';
import { documentOf, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol7', 'ol8');
const year = 'public, max-age=31536000, immutable';

it('What a URL names by its digest may be kept for a year; everything else is asked for again', async () => {
  const of = async (path: string) => {
    const response = await fetch(shared().channel('ol8') + path);
    await response.bytes();
    expect(response.status, path).toBe(200);
    return response.headers.get('cache-control');
  };
  const folder = fixtureFolder('ol8');
  expect(await of((await documentOf(folder, 'primary')).path)).toBe(year);
  expect(await of((await documentOf(folder, 'modules')).path)).toBe(year);
  expect(await of('repodata/repomd.xml')).toBe('no-cache');
  expect(await of('getPackage/weir-1.8.1-2.el8.x86_64.rpm')).toBe('no-cache');
  expect(await of('../ol8.repo')).toBe('no-cache');
  expect(await of('../../')).toBe('no-cache');
});

it('A document whose name does not hold its digest is asked for again', async () => {
  const { headers } = await fetch(`${shared().channel('ol7')}repodata/primary.xml.gz`);
  expect(headers.get('cache-control')).toBe('no-cache');
});

it('Errors are not kept', async () => {
  const channel = shared().channel('ol8');
  const { path } = await documentOf(fixtureFolder('ol8'), 'primary');
  const cases: [number, string, RequestInit][] = [
    [404, `${channel}repodata/none.xml`, {}],
    [404, `${shared().url}/none`, {}],
    [405, `${channel}repodata/repomd.xml`, { method: 'POST' }],
    [416, channel + path, { headers: { range: 'bytes=999999-' } }],
  ];
  for (const [status, target, init] of cases) {
    const response = await fetch(target, init);
    expect(response.status, target).toBe(status);
    expect(response.headers.get('cache-control'), `${status}`).toBe('no-store');
  }
});
