import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { readCall, readValue } from '../../../src/server/spacewalk/xmlrpc-decode.ts';

/** The parameters of a call. */
function decode(text: string): { method: string; values: XmlRpcValue[] } {
  const { method, params } = readCall(text);
  params.open();
  const values: XmlRpcValue[] = [];
  while (params.next()) {
    values.push(readValue(params.scan));
    params.leave();
  }
  params.end();
  return { method, values };
}

const call = (...values: string[]) =>
  `<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n${values.map((v) => `<param>\n${v}\n</param>\n`).join('')}</params>\n</methodCall>\n`;
const read = (value: string) => decode(call(value)).values[0];

it.each<[string, XmlRpcValue]>([
  ['<value><string>text</string></value>', 'text'],
  ['<value>untyped</value>', 'untyped'],
  ['<value>  kept </value>', '  kept '],
  ['<value></value>', ''],
  ['<value/>', ''],
  ['<value><string/></value>', ''],
  ['<value> <string></string> </value>', ''],
  [
    '<value><string>a &lt;b&gt; &amp;amp; &quot;c&apos; &#233;&#xE9;&#x1F600;</string></value>',
    'a <b> &amp; "c\' éé😀',
  ],
  ['<value><string>a<![CDATA[<b>&amp;]]>c<!-- no -->d<?no?>e</string></value>', 'a<b>&amp;cde'],
  ['<value><string>one\r\ntwo\rthree\tfour&#13;</string></value>', 'one\ntwo\nthree\tfour\r'],
  ['<value><int>-12</int></value>', -12],
  ['<value><i4> +7 </i4></value>', 7],
  ['<value><int>2147483647</int></value>', 2147483647],
  ['<value><i8>9007199254740991</i8></value>', 9007199254740991],
  ['<value><boolean>1</boolean></value>', true],
  ['<value><boolean>0</boolean></value>', false],
  ['<value><double>-1.5e3</double></value>', -1500],
  ['<value><base64>aMOp\nIQ==</base64></value>', 'hé!'],
  ['<value><dateTime.iso8601>20261122T20:31:00</dateTime.iso8601></value>', '20261122T20:31:00'],
  ['<value><nil/></value>', ''],
  ['<value><ex:nil/></value>', ''],
  ['<value><array><data></data></array></value>', []],
  ['<value><array><data/></array></value>', []],
  ['<value><array/></value>', []],
  ['<value><struct/></value>', {}],
  ['<value><struct></struct></value>', {}],
  [
    '<value><array><data><value>a</value><value><int>1</int></value><value/></data></array></value>',
    ['a', 1, ''],
  ],
  [
    '<value ><struct ><member><name>a</name><value><array><data><value><struct>' +
      '<member><name>__proto__</name><value>c</value></member></struct></value></data></array></value></member>' +
      '<member><name>d&amp;e</name><value/></member></struct></value>',
    Object.fromEntries([
      ['a', [JSON.parse('{"__proto__":"c"}')]],
      ['d&e', ''],
    ]),
  ],
])('%s is read', (value, expected) => {
  expect(JSON.stringify(read(value))).toBe(JSON.stringify(expected));
});

it('A call is its method and its parameters, whatever stands between the tags', () => {
  expect(decode(call('<value>1</value>', '<value><int>2</int></value>'))).toEqual({
    method: 'a.b',
    values: ['1', 2],
  });
  for (const params of ['', '<params/>', '<params></params>', '<params>\n</params>']) {
    const text = `\ufeff<?xml version="1.0" encoding="UTF-8"?><!-- a --><methodCall><?b?><methodName> a.b </methodName>${params}</methodCall> <!-- c -->\n`;
    expect(decode(text)).toEqual({ method: 'a.b', values: [] });
  }
});

it.each([
  ['no XML', 'hello'],
  ['nothing', ''],
  ['another document', '<methodResponse/>'],
  ['a document type', `<!DOCTYPE methodCall [<!ENTITY a "b">]>${call('<value>a</value>')}`],
  ['an entity of its own', call('<value>&a;</value>')],
  ['an ampersand alone', call('<value>a & b</value>')],
  ['a reference to no character', call('<value>&#0;</value>')],
  ['a reference to half a character', call('<value>&#xD800;</value>')],
  ['a control character', call('<value>a\u0001b</value>')],
  ['a control character in a CDATA section', call('<value><![CDATA[\u0002]]></value>')],
  ['a tag that is not closed', call('<value><string>a</value>')],
  ['an unknown type', call('<value><number>1</number></value>')],
  ['text beside a type', call('<value>a<int>1</int></value>')],
  ['two types', call('<value><int>1</int><int>1</int></value>')],
  ['an int with letters', call('<value><int>1a</int></value>')],
  ['an int of 33 bits', call('<value><int>2147483648</int></value>')],
  ['an empty int', call('<value><int></int></value>')],
  ['a boolean that is none', call('<value><boolean>true</boolean></value>')],
  ['an infinite double', call('<value><double>1e999</double></value>')],
  ['a double that is none', call('<value><double>nan</double></value>')],
  ['base64 that is none', call('<value><base64>a*b</base64></value>')],
  ['a date that is none', call('<value><dateTime.iso8601>now</dateTime.iso8601></value>')],
  [
    'a member without a name',
    call('<value><struct><member><value>a</value></member></struct></value>'),
  ],
  [
    'a member that comes twice',
    call(`<value><struct>${'<member><name>a</name><value/></member>'.repeat(2)}</struct></value>`),
  ],
  ['a comment that does not end', `${call('<value>a</value>')}<!-- `],
  ['something after the end', `${call('<value>a</value>')}<a/>`],
  ['text after the end', `${call('<value>a</value>')}a`],
  ['half a request', call('<value>a</value>').slice(0, -30)],
])('%s is refused', (_, text) => {
  expect(() => decode(text)).toThrow(expect.objectContaining({ kind: 'invalid' }));
});

it('Arrays and structs nest 32 deep at most', () => {
  const nested = (depth: number) =>
    '<value><array><data>'.repeat(depth) + '</data></array></value>'.repeat(depth);
  expect(() => read(nested(32))).not.toThrow();
  expect(() => read(nested(33))).toThrow(expect.objectContaining({ kind: 'limit' }));
  expect(() => read(nested(100_000))).toThrow(expect.objectContaining({ kind: 'limit' }));
});

it('A parameter has 500,000 values at most', () => {
  const array = (values: string) => `<value><array><data>${values}</data></array></value>`;
  const members = [...Array(500_001).keys()].map(
    (i) => `<member><name>${i}</name><value/></member>`,
  );
  for (const many of [
    array(`${'<value/>'.repeat(10)}${'<value>a</value>'.repeat(500_001)}`),
    array('<value/>'.repeat(500_001)),
    `<value><struct>${members.join('')}</struct></value>`,
  ]) {
    expect(() => read(many)).toThrow(expect.objectContaining({ kind: 'limit' }));
  }
  expect(read(array('<value/>'.repeat(400_000)))).toHaveLength(400_000);
});
