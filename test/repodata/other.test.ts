import { describe, expect, it } from 'vitest';
import { readOther } from '../../src/repodata/other.ts';
import { commented, elementsOf, failure, repositories } from './documents.ts';

const element = (changes: string, open = '<package pkgid="ab" name="weir" arch="x86_64">') =>
  Buffer.from(`${open}\n  <version epoch="0" ver="1" rel="1"/>\n  ${changes}\n</package>`);

describe('a package of other', () => {
  it.each(repositories)('reads the same with and without shortcuts: $name', async (repo) => {
    for (const bytes of await elementsOf(repo, 'other', 'otherdata')) {
      expect(readOther(bytes)).toEqual(readOther(commented(bytes)));
    }
  });

  it.each<[string, string, [string, number, string][]]>([
    [
      'changes',
      '<changelog author="Zoe &lt;z@h&gt; - 1-1" date="86400">- first</changelog>\n<changelog author="b" date="2">- second</changelog>',
      [
        ['Zoe <z@h> - 1-1', 86400, '- first'],
        ['b', 2, '- second'],
      ],
    ],
    ['no change', '', []],
    ['another order', '<changelog date="1" author="a">t</changelog>', [['a', 1, 't']]],
    ['single quotes', `<changelog author='"a" b' date='1'>t</changelog>`, [['"a" b', 1, 't']]],
    ['a > in an author', '<changelog author="a > b" date="1">t</changelog>', [['a > b', 1, 't']]],
    [
      'entities',
      '<changelog author="Zo&#xEB; &#233;" date="1">&lt;a&gt; &amp;amp;</changelog>',
      [['Zoë é', 1, '<a> &amp;']],
    ],
    [
      'other scripts',
      '<changelog author="Łukasz 山田" date="1">新 🌊</changelog>',
      [['Łukasz 山田', 1, '新 🌊']],
    ],
    [
      'CDATA',
      '<changelog author="a" date="1"><![CDATA[<t> & u]]></changelog>',
      [['a', 1, '<t> & u']],
    ],
    [
      'a line end of Windows',
      '<changelog author="a" date="1">t\r\nu\r</changelog>',
      [['a', 1, 't\nu\n']],
    ],
    [
      'text with blanks',
      '<changelog author="a" date="1">  - t\n</changelog>',
      [['a', 1, '  - t\n']],
    ],
    ['no text', '<changelog author="a" date="1"/>', [['a', 1, '']]],
    ['no author', '<changelog date="1">t</changelog>', [['', 1, 't']]],
    [
      'dates that are none',
      '<changelog author="a" date="x">t</changelog><changelog author="b" date="-5">u</changelog>',
      [
        ['a', 0, 't'],
        ['b', 0, 'u'],
      ],
    ],
    [
      'a huge date',
      '<changelog author="a" date="18446744073709551615">t</changelog>',
      [['a', 0, 't']],
    ],
  ])('reads %s', (_, xml, changes) => {
    const expected = {
      pkgid: 'ab',
      changes: changes.map(([author, date, text]) => ({ author, date, text })),
    };
    expect(readOther(element(xml))).toEqual(expected);
    expect(readOther(commented(element(xml)))).toEqual(expected);
  });

  it('takes thousands of entities', () => {
    const xml = `<changelog author="a" date="1">${'&lt;'.repeat(150_000)}</changelog>`;
    for (const bytes of [element(xml), commented(element(xml))]) {
      expect(readOther(bytes).changes[0]?.text).toBe('<'.repeat(150_000));
    }
  });

  it.each([
    ['no pkgid', element('', '<package name="weir" arch="x86_64">')],
    ['a bare ampersand', element('<changelog author="a" date="1">a & b</changelog>')],
    ['a change that is not closed', element('<changelog author="a" date="1">t')],
    [
      'an address that looks like a tag',
      element('<changelog author="a" date="1">by <z@h></changelog>'),
    ],
    ['no end', element('').subarray(0, -4)],
  ])('refuses %s', (_, bytes) => {
    expect(failure(() => readOther(bytes))).toBe('invalid');
  });
});
