import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plausible, readRepomd } from '../../src/repodata/repomd.ts';
import { corpus } from '../support/tools.ts';
import { failure, fixtures, repositories } from './documents.ts';

const sha256 = 'a1'.repeat(32);
const sha1 = 'b2'.repeat(20);
const repomd = (inside: string) =>
  `<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">\n${inside}</repomd>`;
const data = (inside: string) =>
  readRepomd(repomd(`<data type="primary">${inside}</data>`)).data[0];
const location = '<location href="repodata/primary.xml.gz"/>';

describe('repomd.xml', () => {
  it('is read with all its fields', () => {
    const xml = repomd(`<revision> 1577880000 </revision>
      <tags><content>binary-x86_64</content><content>b</content><repo>r</repo>
        <distro cpeid="cpe:/o:oracle:linux:7">Oracle Linux 7</distro><distro>x</distro></tags>
      <data type="primary_db">
        <checksum type="sha256">${sha256}</checksum>
        <open-checksum type="sha">${sha1.toUpperCase()}</open-checksum>
        <location href="repodata/a%20b.sqlite.bz2"/>
        <timestamp>1577880000.52</timestamp><size> 8413 </size><open-size>118784</open-size>
        <database_version>10</database_version>
        <header-size>44</header-size>
      </data>
      <data type="susedata">${location}</data>
      <keywords><k a="1">x</k></keywords>`);
    expect(readRepomd(xml)).toEqual({
      revision: '1577880000',
      tags: {
        content: ['binary-x86_64', 'b'],
        repo: ['r'],
        distro: [
          { cpeid: 'cpe:/o:oracle:linux:7', name: 'Oracle Linux 7' },
          { cpeid: '', name: 'x' },
        ],
      },
      data: [
        {
          type: 'primary_db',
          href: 'repodata/a%20b.sqlite.bz2',
          checksum: { type: 'sha256', value: sha256 },
          openChecksum: { type: 'sha', value: sha1 },
          size: 8413,
          openSize: 118784,
          timestamp: 1577880000,
          databaseVersion: 10,
          unknown: { 'header-size': '44' },
        },
        {
          type: 'susedata',
          href: 'repodata/primary.xml.gz',
          checksum: undefined,
          openChecksum: undefined,
          size: undefined,
          openSize: undefined,
          timestamp: undefined,
          databaseVersion: undefined,
          unknown: {},
        },
      ],
      unknown: { keywords: { k: { '#text': 'x', '@a': '1' } } },
    });
  });

  it('may lack nearly everything', () => {
    expect(readRepomd(repomd('<revision/>'))).toEqual({
      revision: '',
      tags: { content: [], repo: [], distro: [] },
      data: [],
      unknown: {},
    });
    expect(readRepomd(repomd('<tags/>')).revision).toBe('');
    expect(readRepomd(repomd('<revision>not a number</revision>')).revision).toBe('not a number');
  });

  it('may have prefixes, single quotes, CDATA and a byte order mark', () => {
    const xml = `\ufeff<?xml version='1.0'?><r:repomd xmlns:r='http://linux.duke.edu/metadata/repo'>
      <r:revision><![CDATA[<1>]]></r:revision><r:data type='primary'>
      <r:location href='a&amp;b'/></r:data></r:repomd>`;
    expect(readRepomd(xml)).toMatchObject({
      revision: '<1>',
      data: [{ type: 'primary', href: 'a&b' }],
    });
  });

  it.each(['', 'x', '-1', '18446744073709551615'])('has no number in "%s"', (size) => {
    expect(data(`${location}<size>${size}</size><timestamp>${size}</timestamp>`)).toMatchObject({
      size: undefined,
      timestamp: undefined,
    });
  });

  it.each(['4102444800', '8640000000001', '9007199254740991'])(
    'has no timestamp in %s, which is no date of a publish',
    (timestamp) => {
      expect(data(`${location}<timestamp>${timestamp}</timestamp>`)?.timestamp).toBeUndefined();
    },
  );

  it('may be two days ahead of the clock, and no more', () => {
    const now = 1_700_000_000;
    expect([0, now, now + 172_800, now + 172_801].map((t) => plausible(t, now))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(data(`${location}<timestamp>4102444799</timestamp>`)?.timestamp).toBe(4_102_444_799);
  });

  it.each([
    ['md5', 32],
    ['sha', 40],
    ['sha1', 40],
    ['sha224', 56],
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ])('may have checksums of type %s', (type, digits) => {
    const sum = (digits: number) =>
      `${location}<checksum type="${type}">\n${'Ab'.repeat(digits / 2)} </checksum>`;
    expect(data(sum(digits))?.checksum).toEqual({ type, value: 'ab'.repeat(digits / 2) });
    expect(failure(() => data(sum(digits - 2)))).toBe('invalid');
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<!DOCTYPE html><html><body>404</body></html>'],
    ['another root', '<metadata/>'],
    ['a DOCTYPE', '<!DOCTYPE repomd><repomd><revision>1</revision></repomd>'],
    ['half of it', repomd(`<data type="primary">${location}`).slice(0, -9)],
    ['data without a type', repomd(`<data>${location}</data>`)],
    ['data with an empty type', repomd(`<data type="">${location}</data>`)],
    ['data without a location', repomd('<data type="primary"/>')],
    ['a location without an href', repomd('<data type="a"><location/></data>')],
    [
      'a checksum of an unknown type',
      repomd(`<data type="a">${location}<checksum type="crc">00</checksum></data>`),
    ],
    [
      'a checksum without a type',
      repomd(`<data type="a">${location}<checksum>${sha256}</checksum></data>`),
    ],
    [
      'a checksum that is none',
      repomd(
        `<data type="a">${location}<checksum type="sha256">${'g'.repeat(64)}</checksum></data>`,
      ),
    ],
    [
      'an open checksum that is none',
      repomd(`<data type="a">${location}<open-checksum type="sha256"/></data>`),
    ],
    ['a location outside', repomd('<data type="a"><location href="../x"/></data>')],
  ])('is refused: %s', (_, xml) => {
    expect(failure(() => readRepomd(xml))).toBe('invalid');
  });

  it.each(repositories)('is read as published: $name', ({ folder }) => {
    const xml = readFileSync(join(folder, 'repodata/repomd.xml'), 'utf8');
    const { data, revision, unknown } = readRepomd(xml);
    expect(data.map((d) => d.type)).toEqual(
      [...xml.matchAll(/<data type="(.+?)"/g)].map((m) => m[1]),
    );
    expect(data.map((d) => d.href)).toEqual([...xml.matchAll(/ href="(.+?)"/g)].map((m) => m[1]));
    expect(data.map((d) => d.size).filter((n) => n !== undefined)).toEqual(
      [...xml.matchAll(/<size>(\d+)</g)].map((m) => Number(m[1])),
    );
    expect(revision).toBe(/<revision>(.*?)</.exec(xml)?.[1] ?? '');
    expect(unknown).toEqual({});
  });

  it('is there for each of the fixtures', () => {
    expect(fixtures.map((f) => f.name).sort()).toEqual(['ol7', 'ol8', 'ol9']);
  });
});

describe.skipIf(!corpus)('a repomd.xml that somebody edited', () => {
  it.each([
    ['01-d1ff35f', 'text before the root'],
    ['03-bf14e37', 'text before the root'],
    ['07-406dd5b', 'no location'],
    ['12-4a2ed59', 'text before the root'],
    ['19-7aacfe2', 'an XML declaration that is not at the start'],
    ['22-4bb9ec5', 'no location'],
    ['28-1976a62', 'a location at another host'],
    ['33-bc11328', 'text before the root'],
    ['41-cd15e03', 'no location'],
    ['52-cfa85bf', 'text before the root'],
    ['60-14c118e', 'text before the root'],
  ])('is refused: %s has %s', (file) => {
    const path = join(corpus!, 'fragments/repomd-hand-edited', `${file}.xml`);
    expect(failure(() => readRepomd(readFileSync(path, 'utf8')))).toBe('invalid');
  });

  it('is read where only sizes and checksums are missing', () => {
    const path = join(corpus!, 'fragments/repomd-hand-edited/68-663f817.xml');
    expect(readRepomd(readFileSync(path, 'utf8'))).toMatchObject({
      revision: '1',
      data: [{ type: 'primary', href: 'repodata/primary.xml.xz', size: 0, checksum: undefined }],
    });
  });
});
