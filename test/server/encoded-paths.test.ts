import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureFolder } from '../cli/folder.ts';
import { raw, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol7', 'ol9');

/** A package's path, and the ways in which clients send it. */
const cases = {
  ol7: [
    [
      'getPackage/gauge-c++-4.1-7.el7.x86_64.rpm',
      [
        'getPackage/gauge-c%2B%2B-4.1-7.el7.x86_64.rpm',
        'getPackage/gauge-c%2b+-4.1-7.el7.x86_64.rpm',
      ],
    ],
    [
      'getPackage/tailwater-3.0~rc2-0.1.el7.x86_64.rpm',
      ['getPackage/tailwater-3.0%7Erc2-0.1.el7.x86_64.rpm'],
    ],
    [
      'getPackage/millrace-2.3+git20190114-2.el7.x86_64.rpm',
      ['getPackage/millrace-2.3%2Bgit20190114-2.el7.x86_64.rpm'],
    ],
    ['repodata/repomd.xml', ['repodata%2Frepomd.xml', '%72epodata/repomd.xml']],
  ],
  ol9: [
    [
      'Packages/r/riverbed-3.16^20230401git1a2b3c4-1.el9.noarch.rpm',
      ['Packages/r/riverbed-3.16%5E20230401git1a2b3c4-1.el9.noarch.rpm'],
    ],
  ],
} satisfies Record<string, [string, string[]][]>;

it.each(Object.entries(cases))(
  'A path of %s is found however its characters are encoded',
  async (name, paths) => {
    for (const [path, encodings] of paths as [string, string[]][]) {
      const whole = await readFile(join(fixtureFolder(name as keyof typeof cases), path));
      for (const sent of [path, ...encodings]) {
        const answer = await raw(shared().url, `/channels/${name}/${sent}`);
        expect(answer.status, sent).toBe(200);
        expect(answer.body.equals(whole), sent).toBe(true);
      }
    }
  },
);

it('A plus sign is not a space', async () => {
  const { url } = shared();
  const { status } = await raw(url, '/channels/ol7/getPackage/gauge-c%20%20-4.1-7.el7.x86_64.rpm');
  expect(status).toBe(404);
});

it('A label is found however its characters are encoded', async () => {
  const { url } = shared();
  for (const label of ['ol7', '%6Fl7', '%6f%6c%37']) {
    expect((await raw(url, `/channels/${label}/repodata/repomd.xml`)).status, label).toBe(200);
    const repo = await raw(url, `/channels/${label}.repo`);
    expect(repo.status, `${label}.repo`).toBe(200);
    expect(repo.body.toString()).toContain('[ol7]\n');
  }
});
