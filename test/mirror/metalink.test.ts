import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { findMirrors } from '../../src/mirror/mirrors.ts';
import { readMetalink } from '../../src/repodata/mirrorlist.ts';
import { startApp } from '../support/app.ts';
import { corpus } from '../support/tools.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook')];
const later = 1_700_000_100;

interface Announced {
  mirrors: string[];
  /** Folders whose repomd.xml is announced, the first being the newest. */
  versions: string[];
}

async function metalink({ mirrors, versions }: Announced): Promise<string> {
  const [newest, ...alternates] = await Promise.all(
    versions.map(async (folder) => {
      const bytes = await readFile(join(folder, 'repodata/repomd.xml'));
      const sum = (type: string) => createHash(type).update(bytes).digest('hex');
      return `<size>${bytes.length}</size><verification><hash type="md5">${sum('md5')}</hash><hash type="sha512">${sum('sha512')}</hash><hash type="tiger">none</hash></verification>`;
    }),
  );
  const urls = mirrors.map(
    (m, i) => `<url protocol="http" preference="${100 - i}">${m}repodata/repomd.xml</url>`,
  );
  const others = alternates.map((a) => `<mm0:alternate>${a}</mm0:alternate>`).join('');
  return `<?xml version="1.0"?><metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager"><files><file name="repomd.xml">${newest}<mm0:alternates>${others}</mm0:alternates><resources><url protocol="rsync" preference="101">rsync://127.0.0.1/x/repodata/repomd.xml</url>${urls.reverse().join('')}</resources></file></files></metalink>`;
}

/** Two mirrors, the first of them one revision behind, and a metalink that announces what it is told to. */
async function twoMirrors(announce: (behind: string, ahead: string) => string[]) {
  const { upstream: behind } = await startRepository({ packages });
  const { upstream: ahead } = await startRepository({ packages: [], time: later });
  await writeRepository(ahead.folder, { packages: [...packages, invented('weir')], time: later });
  const list = await startUpstream(ahead.folder);
  const announced = async (versions: string[]) => {
    const text = await metalink({ mirrors: [behind.url, ahead.url], versions });
    list.fault = (_, response) => !!response.end(text);
  };
  await announced(announce(behind.folder, ahead.folder));
  const { sync } = await startApp([{ label: 'a', metalink: `${list.url}metalink?repo=a` }]);
  return { behind, ahead, sync, announced };
}

it('takes repomd.xml from the first mirror that has what the metalink announces', async () => {
  const { behind, sync } = await twoMirrors((_, ahead) => [ahead]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  expect(behind.requests[0]).toBe('/repodata/repomd.xml');
});

it('takes an older version that the metalink announces as an alternate', async () => {
  const { ahead, sync } = await twoMirrors((behind, ahead) => [ahead, behind]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(ahead.requests).toEqual([]);
});

it('believes no mirror that says "not modified" of what the metalink does not announce any more', async () => {
  const { ahead, sync, announced } = await twoMirrors((behind) => [behind]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  await announced([ahead.folder]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
});

it('refuses what no version of the metalink is', async () => {
  const { upstream: third } = await startRepository({ packages: [], time: 3 });
  const { ahead, sync } = await twoMirrors(() => [third.folder]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'checksum' });
  expect(result.reason).toContain(
    `source a: ${ahead.url}repodata/repomd.xml is not what the metalink announced`,
  );
  expect(result.reason).toMatch(/try again later/);
});

it('orders mirrors by preference, https before http, then as the metalink does, and passes other protocols over', () => {
  const url = (base: string, preference: number | undefined, protocol: string, location = 'DE') =>
    `<url protocol="${protocol}" type="${protocol}" location="${location}"${preference === undefined ? '' : ` preference="${preference}"`}>${base}/repodata/repomd.xml</url>`;
  const urls = [
    url('http://near.test/a', 90, 'http'),
    url('https://last.test', undefined, 'https'),
    url('ftp://none.test', 100, 'ftp'),
    url('https://far.test/b', 90, 'https', 'JP'),
    url('rsync://none.test', 100, 'rsync'),
    url('http://first.test', 100, 'http'),
    url('https://near.test/c', 90, 'https'),
    url('file:///srv', 100, 'file'),
  ];
  const xml = `<metalink><files><file name="repomd.xml"><verification><hash type="sha256">${'0'.repeat(64)}</hash></verification><resources maxconnections="1">${urls.join('')}</resources></file></files></metalink>`;
  expect(readMetalink(xml).urls).toEqual([
    'http://first.test/',
    'https://far.test/b/',
    'https://near.test/c/',
    'http://near.test/a/',
    'https://last.test/',
  ]);
});

const real = corpus && join(corpus, 'fragments/metalink-mirrorlist/test_data');

it.skipIf(!real)(
  'finds the mirrors of real metalinks and mirrorlists, and refuses broken ones',
  async () => {
    const found: Record<string, string> = {};
    for (const [folder, kind] of [
      ['metalinks', 'metalink'],
      ['mirrorlists', 'mirrorlist'],
    ] as const) {
      for (const name of readdirSync(join(real!, folder))) {
        const { href } = pathToFileURL(join(real!, folder, name));
        const source = fillIn({ label: 'a', [kind]: href }, '/', 'file');
        found[name] = await findMirrors(source, {}).then(
          ({ list, repomd }) => `${list.length} mirrors, ${repomd?.length ?? 'no'} versions`,
          (error) => error.kind,
        );
      }
    }
    expect(found).toEqual({
      metalink_good_01: '49 mirrors, 1 versions',
      metalink_with_alternates: '76 mirrors, 2 versions',
      // A size that is none and a hash of an unknown type are passed over.
      metalink_bad_01: '1 mirrors, 1 versions',
      // These announce no checksum, no address, or another file.
      metalink_bad_02: 'invalid',
      metalink_good_02: 'invalid',
      metalink_good_03: 'invalid',
      metalink_really_bad_01: 'invalid',
      metalink_really_bad_02: 'invalid',
      metalink_really_bad_03: 'invalid',
      mirrorlist_01: '1 mirrors, no versions',
      mirrorlist_02: 'invalid',
      mirrorlist_03: 'invalid',
    });
  },
);
