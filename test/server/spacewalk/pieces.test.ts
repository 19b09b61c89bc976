import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { readPackages } from '../../../src/server/spacewalk/profile-packages.ts';
import { openScan, type Scan } from '../../../src/server/spacewalk/xml-scan.ts';
import { readCall } from '../../../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { randomFrom } from '../../support/random.ts';

/** Small, so that every document has many. */
const piece = 16 * 1024;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);

function read(document: string | Scan) {
  const { method, params } = readCall(document);
  params.open();
  expect(params.next()).toBe(true);
  const packages = readPackages(params.scan);
  params.leave();
  params.end();
  return { method, packages };
}

/** The bytes in pieces of any size. */
function torn(text: string, random: () => number): Buffer[] {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + Math.floor(random() ** 3 * 200_000);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

it(`A long profile is read the same in pieces (SEED=${seed})`, () => {
  const random = randomFrom(seed);
  const word = (most: number) => 'x'.repeat(1 + Math.floor(random() * most));
  for (let round = 0; round < 25; round++) {
    const list: XmlRpcValue[] = Array.from(
      { length: 700 + Math.floor(random() * 900) },
      (_, i) => ({
        name: `package-${i}-${word(random() < 0.01 ? 190 : 40)}`,
        epoch: '',
        version: random() < 0.01 ? 'a & b' : '1',
        release: random() < 0.002 && round % 2 === 0 ? 'é' : word(12),
        installtime: 1_700_000_000 + i,
        arch: 'x86_64',
      }),
    );
    const plain = encodeCall('registration.add_packages', [list]);
    const expected = read(plain);
    expect(expected.packages).toHaveLength(list.length);
    // Longer than what is looked ahead, before some package.
    const comment = `<!-- ${'c '.repeat(random() * 15_000)} -->`;
    const at = plain.indexOf('<value><struct>', random() * plain.length * 0.9);
    const commented = plain.slice(0, at) + comment + plain.slice(at);
    for (const text of [plain, commented]) {
      expect(read(openScan(torn(text, random), piece))).toEqual(expected);
    }
    // Cut short anywhere, it is no profile.
    const cut = plain.slice(0, random() * (plain.length - 20));
    expect(() => read(openScan(torn(cut, random), piece))).toThrow();
  }
});

it('What stands before a long profile, and after it, is read', () => {
  const list = Array.from({ length: 2000 }, (_, i) => [`package-${i}`, '1', '1', '', 'noarch']);
  const text = encodeCall('a', ['first', list, 'after'.repeat(40_000)]);
  const { params } = readCall(openScan([Buffer.from(text)], piece));
  params.open();
  expect(params.scan.rest).toBeDefined();
  params.next();
  params.scan.at = params.scan.text.indexOf('</param>');
  params.leave();
  params.next();
  expect(readPackages(params.scan)).toHaveLength(2000);
  params.leave();
  params.end();
  expect(params.scan.rest).toBeUndefined();
});
