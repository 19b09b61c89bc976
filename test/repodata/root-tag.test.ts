import { expect, it } from 'vitest';
import { declare, joinRoots } from '../../src/repodata/root-tag.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

it('The number of packages becomes that of those that remain, where there is one', () => {
  expect(joinRoots([`${head}<metadata xmlns="c" packages="1264">`], 22).open).toBe(
    `${head}<metadata xmlns="c" packages="22">`,
  );
  expect(joinRoots([`${head}<metadata packages='7' x="1">`], 22).open).toBe(
    `${head}<metadata packages='22' x="1">`,
  );
  expect(joinRoots([`${head}<updates>`], 22).open).toBe(`${head}<updates>`);
});

it('Namespaces of several documents are declared together', () => {
  const { open, own } = joinRoots(
    ['<metadata xmlns="c" xmlns:rpm="r" packages="1">', '<metadata xmlns="c" xmlns:suse=\'s"\'>'],
    2,
  );
  expect(open).toBe('<metadata xmlns="c" xmlns:rpm="r" packages="2" xmlns:suse="s&quot;">');
  expect(own).toEqual(['', '']);
});

it('A prefix that means two things is declared again where it means the other', () => {
  const { open, own } = joinRoots(
    ['<metadata xmlns:rpm="r">', '<metadata xmlns:rpm="other" xmlns="c">', '<metadata xmlns="d">'],
    2,
  );
  expect(open).toBe('<metadata xmlns:rpm="r" xmlns="c">');
  expect(own).toEqual(['', ' xmlns:rpm="other"', ' xmlns="d"']);
  const declared = (xml: string, text: string) =>
    Buffer.concat(declare(Buffer.from(xml), text)).toString();
  expect(declared('<package type="rpm"><rpm:x/></package>', own[1]!)).toBe(
    '<package xmlns:rpm="other" type="rpm"><rpm:x/></package>',
  );
  expect(declared('<package/>', own[1]!)).toBe('<package xmlns:rpm="other"/>');
  // Its own declaration is nearer.
  expect(declared('<package xmlns:rpm="mine">é</package>', own[1]!)).toBe(
    '<package xmlns:rpm="mine">é</package>',
  );
});
