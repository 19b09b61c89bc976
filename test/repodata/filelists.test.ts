import { describe, expect, it } from 'vitest';
import { readFilelists } from '../../src/repodata/filelists.ts';
import { commented, elementsOf, failure, repositories } from './documents.ts';

const version = '<version epoch="0" ver="1" rel="1"/>';
const element = (files: string, open = '<package pkgid="ab" name="weir" arch="x86_64">') =>
  Buffer.from(`${open}\n  ${version}\n  ${files}\n</package>`);

describe('a package of filelists', () => {
  it.each(repositories)('reads the same with and without shortcuts: $name', async (repo) => {
    for (const bytes of await elementsOf(repo, 'filelists', 'filelists')) {
      expect(readFilelists(bytes)).toEqual(readFilelists(commented(bytes)));
    }
  });

  it.each<[string, string, [string, string][]]>([
    [
      'files, folders and ghosts',
      '<file>/a</file>\n<file type="dir">/b</file><file type="ghost">/c</file>',
      [
        ['/a', 'file'],
        ['/b', 'dir'],
        ['/c', 'ghost'],
      ],
    ],
    ['no file', '', []],
    ['a type in single quotes', "<file type='dir'>/b</file>", [['/b', 'dir']]],
    ['a type that nobody knows', '<file type="fifo">/b</file>', [['/b', 'file']]],
    ['other attributes', '<file hash="00" type="ghost">/b</file>', [['/b', 'ghost']]],
    [
      'blanks of the path',
      '<file>/a b </file>\n<file> /c</file>',
      [
        ['/a b ', 'file'],
        [' /c', 'file'],
      ],
    ],
    ['entities', '<file>/&lt;&#233;&#xE9;&amp;amp;&quot;&apos;</file>', [['/<éé&amp;"\'', 'file']]],
    ['CDATA', '<file><![CDATA[/<a>]]></file>', [['/<a>', 'file']]],
    ['other scripts', '<file>/usr/share/名前.txt</file>', [['/usr/share/名前.txt', 'file']]],
    ['a line end of Windows', '<file>/a\r\n</file>', [['/a\n', 'file']]],
    ['an empty path', '<file/>', [['', 'file']]],
    ['a prefix', '<f:file>/a</f:file>', [['/a', 'file']]],
  ])('reads %s', (_, xml, files) => {
    const expected = { pkgid: 'ab', files: files.map(([path, type]) => ({ path, type })) };
    expect(readFilelists(element(xml))).toEqual(expected);
    expect(readFilelists(commented(element(xml)))).toEqual(expected);
  });

  it('takes the attributes of the package in any order and quotes', () => {
    const open = "<package arch='x86_64' name='weir' pkgid='ab'>";
    expect(readFilelists(element('<file>/a</file>', open))).toEqual({
      pkgid: 'ab',
      files: [{ path: '/a', type: 'file' }],
    });
  });

  it('takes thousands of files and entities', () => {
    const files = '<file>/a&amp;b</file>'.repeat(20_000);
    for (const bytes of [element(files), commented(element(files))]) {
      const { files } = readFilelists(bytes);
      expect(files.length).toBe(20_000);
      expect(new Set(files.map((f) => f.path))).toEqual(new Set(['/a&b']));
    }
  });

  it.each([
    ['no pkgid', element('<file>/a</file>', '<package name="weir" arch="x86_64">')],
    ['an empty pkgid', element('', '<package pkgid="" name="weir" arch="x86_64">')],
    ['a file that is not closed', element('<file>/a')],
    ['a bare ampersand', element('<file>/a&b</file>')],
    ['text with a <', element('<file>/a<b</file>')],
    ['no end', element('').subarray(0, -4)],
    ['two elements', Buffer.concat([element(''), element('')])],
  ])('refuses %s', (_, bytes) => {
    expect(failure(() => readFilelists(bytes))).toBe('invalid');
  });
});
