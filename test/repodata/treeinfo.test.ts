import { expect, it } from 'vitest';
import { readTreeinfo } from '../../src/repodata/treeinfo.ts';

const sum = 'ab'.repeat(32);
const general = '[general]\nversion = 8\n';
const listing = (...paths: string[]) =>
  `${general}[checksums]\n${paths.map((p) => `${p} = sha256:${sum}\n`).join('')}`;

it('reads the files of all sections once, with their checksums', () => {
  const info = readTreeinfo(`# made by a test
[header]
version = 1.2
; another comment
[checksums]
images/boot.iso = sha256:${sum.toUpperCase()}
images/pxeboot/vmlinuz = sha1:${'1'.repeat(40)}
repodata/repomd.xml = sha256:${sum}
Server/repodata/repomd.xml = sha256:${sum}
.treeinfo = sha256:${sum}

[images-x86_64]
boot.iso = images/boot.iso
kernel: ./images/pxeboot/vmlinuz
initrd = images/pxeboot/initrd.img
[images-xen]
kernel = images/pxeboot/vmlinuz
[stage2]
mainimage = images/install.img
instimage =
[variant-BaseOS]
repository = .
packages = Packages
[variant-Server]
repository = Server/
[variant-AppStream]
repository = ../../appstream/kickstart
`);
  expect(info).toEqual({
    files: [
      { path: 'images/boot.iso', checksum: { type: 'sha256', value: sum } },
      { path: 'images/pxeboot/vmlinuz', checksum: { type: 'sha1', value: '1'.repeat(40) } },
      { path: 'images/pxeboot/initrd.img', checksum: undefined },
      { path: 'images/install.img', checksum: undefined },
    ],
    setAside: [],
    variants: [{ id: 'Server', repository: 'Server' }],
  });
});

it.each([
  '../outside',
  'images/../../outside',
  '/etc/passwd',
  'https://elsewhere.example.test/x',
  'file:///etc/passwd',
  '%2e%2e/outside',
  'images\\..\\..\\outside',
  'images/',
  '.',
  'images/x\u0000y',
  `${'long/'.repeat(250)}x`,
])('sets the path %j aside', (path) => {
  for (const text of [listing(path, 'good'), `${listing('good')}[images-x]\nkernel = ${path}\n`]) {
    const { files, setAside } = readTreeinfo(text);
    expect(files.map((f) => f.path)).toEqual(['good']);
    expect(setAside).toHaveLength(1);
  }
});

it('sets a checksum aside that is none, and does not take the file unverified', () => {
  const text = `${general}[checksums]\na = sha256:12\nb = crc32:12345678\nc = ${sum}\nd = sha256:${sum}\n`;
  const { files, setAside } = readTreeinfo(text);
  expect(files.map((f) => f.path)).toEqual(['d']);
  expect(setAside).toEqual(['the checksum of a', 'the checksum of b', 'the checksum of c']);
});

it.each([
  ['HTML', '<html>\n<body>not found</body>\n', 'invalid'],
  ['nothing', '', 'invalid'],
  ['another INI file', '[main]\ngpgcheck=1\n', 'invalid'],
  ['keys without a section', 'a = b\n[general]\n', 'invalid'],
  ['a line that is none', '[general]\nhello\n', 'invalid'],
  ['too many files', listing(...[...Array(1001).keys()].map((i) => `f${i}`)), 'limit'],
  ['too many lines', `${general}${'x = y\n'.repeat(20_001)}`, 'limit'],
])('refuses %s', (_, text, kind) => {
  expect(() => readTreeinfo(text)).toThrow(expect.objectContaining({ kind }));
});

it('takes names of objects for names', () => {
  const info = readTreeinfo(`[general]\n[checksums]\n__proto__ = sha256:${sum}\n`);
  expect(info.files.map((f) => f.path)).toEqual(['__proto__']);
});
