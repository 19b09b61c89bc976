import { expect, it } from 'vitest';
import { packageOf, readPackages } from '../../../src/server/spacewalk/profile-packages.ts';
import { readCall, readValue } from '../../../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';

const scanOf = (list: string) => {
  const { params } = readCall(list);
  params.open();
  expect(params.next()).toBe(true);
  return params;
};

/** As profile methods read it. */
function packages(text: string) {
  const params = scanOf(text);
  const read = readPackages(params.scan);
  params.leave();
  params.end();
  return read;
}

const listOf = (...elements: string[]) =>
  `<methodCall><methodName>a</methodName><params><param>\n<value><array><data>\n${elements.join('')}</data></array></value>\n</param></params></methodCall>`;

const bash = { name: 'bash', epoch: '', version: '5.1.8', release: '9.el8', arch: 'x86_64' };

it('Structs as the clients write them are the same packages as in any other form', () => {
  const written = [
    { ...bash, installtime: 1795341350 },
    { ...bash, epoch: '0', installtime: 1, arch: 'noarch', cookie: 'host 123' },
    { ...bash, epoch: '(none)', name: 'a-name-of-more-than-thirteen-letters' },
    { release: '1&2', name: 'other', version: 'é', epoch: '1', arch: '' },
  ];
  const text = encodeCall('a', [written]);
  const plain = [
    { ...bash, installedAt: 1795341350 },
    { ...bash, epoch: '0', arch: 'noarch', installedAt: 1 },
    { ...bash, name: 'a-name-of-more-than-thirteen-letters' },
    { name: 'other', version: 'é', release: '1&2', epoch: '1', arch: '' },
  ];
  expect(packages(text)).toEqual(plain);
  for (const other of [
    text.replaceAll('\n', ''),
    text.replaceAll('\n', '\n  '),
    text.replaceAll('<struct>', '<struct><!-- a -->'),
    text.replaceAll(/<string>([^<]*)<\/string>/g, '$1'),
    text.replaceAll(/<string>(\w+)<\/string>/g, '<string><![CDATA[$1]]></string>'),
    text.replaceAll(/<int>(\d+)<\/int>/g, '<string>$1</string>'),
  ]) {
    expect(packages(other)).toEqual(plain);
    expect((readValue(scanOf(other).scan) as []).map(packageOf)).toEqual(plain);
  }
});

it('Each element may be an array, with or without an architecture', () => {
  const text = encodeCall('a', [
    [
      ['bash', '5.1.8', '9.el8', ''],
      { ...bash },
      ['bash', '5.1.8', '9.el8', '', 'x86_64'],
      ['bash', '5.1.8', '9.el8', '1', 'x86_64', 'cookie'],
    ],
  ]);
  expect(packages(text)).toEqual([{ ...bash, arch: '' }, bash, bash, { ...bash, epoch: '1' }]);
});

it('An empty list is one', () => {
  expect(packages(listOf())).toEqual([]);
  expect(packages(listOf().replace('<data>\n</data>', '<data/>'))).toEqual([]);
  expect(packages(listOf().replace('<data>\n</data>', ''))).toEqual([]);
});

it.each([
  ['a string', '<value>bash</value>'],
  ['a struct without a name', '<value><struct></struct></value>'],
  [
    'a name of another type',
    '<value><struct><member><name>name</name><value><array><data/></array></value></member></struct></value>',
  ],
  [
    'a name of control characters',
    '<value><struct>\n<member>\n<name>name</name>\n<value><string>\u0001</string></value>\n</member>\n</struct></value>\n',
  ],
  [
    'an entity',
    '<value><struct>\n<member>\n<name>name</name>\n<value><string>&a;</string></value>\n</member>\n</struct></value>\n',
  ],
  ['an empty array', '<value><array><data></data></array></value>'],
  [
    'a very long name',
    `<value><array><data><value>${'a'.repeat(300)}</value></data></array></value>`,
  ],
  ['no value', '<struct></struct>'],
  [
    'an installtime of letters',
    '<value><struct>\n<member>\n<name>installtime</name>\n<value><int>a</int></value>\n</member>\n</struct></value>\n',
  ],
])('%s is no package', (_, element) => {
  expect(() => packages(listOf(element))).toThrow(expect.objectContaining({ kind: 'invalid' }));
});

it('A list that is none is refused', () => {
  for (const value of ['<value>a</value>', '<value><struct/></value>', '<value/>'])
    expect(() => packages(listOf().replace(/<value>.*<\/value>/s, value))).toThrow(
      expect.objectContaining({ kind: 'invalid' }),
    );
});

it('A profile of 20,000 packages is read, one of 60,000 is refused', () => {
  const list = (count: number) =>
    encodeCall('a', [Array.from({ length: count }, (_, i) => ({ ...bash, name: `p${i}` }))]);
  expect(packages(list(20_000))).toHaveLength(20_000);
  expect(() => packages(list(60_000))).toThrow(expect.objectContaining({ kind: 'limit' }));
});
