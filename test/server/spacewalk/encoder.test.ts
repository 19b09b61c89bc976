import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { readCall, readOnlyParam, readValue } from '../../../src/server/spacewalk/xmlrpc-decode.ts';
import {
  encodeCall,
  encodeFault,
  encodeParams,
  encodeResult,
} from '../../../src/server/spacewalk/xmlrpc-encode.ts';

it('A result is one parameter of the plain types that every client knows', () => {
  const text = encodeResult({ a: [1, '', true, 1.5, []], b: {} });
  expect(text.replaceAll('\n', '')).toBe(
    "<?xml version='1.0'?><methodResponse><params><param><value><struct>" +
      '<member><name>a</name><value><array><data><value><int>1</int></value><value><string></string></value>' +
      '<value><boolean>1</boolean></value><value><double>1.5</double></value>' +
      '<value><array><data></data></array></value></data></array></value></member>' +
      '<member><name>b</name><value><struct></struct></value></member>' +
      '</struct></value></param></params></methodResponse>',
  );
});

it('A fault is a struct of a code and a text', () => {
  expect(encodeFault(-9, 'a <b>').replaceAll('\n', '')).toBe(
    "<?xml version='1.0'?><methodResponse><fault><value><struct>" +
      '<member><name>faultCode</name><value><int>-9</int></value></member>' +
      '<member><name>faultString</name><value><string>a &lt;b&gt;</string></value></member>' +
      '</struct></value></fault></methodResponse>',
  );
});

it('What is written is read again', () => {
  const value: XmlRpcValue = [
    'é <>&"\' ]]> 😀\r\n\t',
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 40,
    0.1,
    false,
    [[], {}, { 'a<b': [''] }],
  ];
  expect(readOnlyParam(encodeParams(value))).toEqual(value);
});

it('Control characters and what is no character are left out', () => {
  const odd = 'a\0\u0001\u0008\u000b\u000c\u001fb\ud800c\udfffd\uffff\ufffee\tf\n';
  expect(readOnlyParam(encodeParams(odd))).toBe('abcde\tf\n');
});

it('A call may be the text of a value', () => {
  const action = encodeCall('packages.update', [[['bash', '5.1', '1.el8', '', 'x86_64']]]);
  const text = readOnlyParam(encodeParams(action)) as string;
  const { method, params } = readCall(text);
  expect(method).toBe('packages.update');
  expect(params.next()).toBe(true);
  expect(readValue(params.scan)).toEqual([['bash', '5.1', '1.el8', '', 'x86_64']]);
});
