import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRpmCheck } from '../../../src/mirror/trust/rpm-check.ts';
import { temporaryFolder } from '../../support/app.ts';
import { rpmkeys } from '../../support/rpm-signing.ts';
import { corpus, hasRpmSigning } from '../../support/tools.ts';

it.skipIf(!corpus || !hasRpmSigning)(
  'reads real packages, and finds the keys that rpmkeys finds',
  async () => {
    const folder = await temporaryFolder();
    const all = await readdir(join(corpus!, 'repos'), { recursive: true });
    const rpms = all.filter((name) => name.endsWith('.rpm'));
    expect(rpms.length).toBeGreaterThan(30);
    for (const name of rpms) {
      const path = join(corpus!, 'repos', name);
      const { said } = await rpmkeys(folder, path, []);
      const rpm = await readFile(path);
      const check = createRpmCheck(name, {
        certificates: [],
        when: 'when_signed',
        allowSha1: false,
      });
      const read = async (start: number, length: number) => rpm.subarray(start, start + length);
      const found = await check.end(read, rpm.length).catch((error) => error.detail);
      const theirs = /key ID ([0-9a-f]{8,16})/i.exec(said)?.[1];
      if (theirs) expect(found?.keyId, `${name} ${said}`).toMatch(new RegExp(`${theirs}$`, 'i'));
      else expect(found?.problem, `${name} ${said}`).toBe('unsigned');
    }
  },
);
