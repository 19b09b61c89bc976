import { expect, it } from 'vitest';
import type { Instance } from '../../../src/fleet/instances.ts';
import {
  composeSystemid,
  readEscapedSystemid,
  readSystemid,
} from '../../../src/server/spacewalk/systemid.ts';
import { readOnlyParam } from '../../../src/server/spacewalk/xmlrpc-decode.ts';
import { escaped } from '../../../src/server/spacewalk/xmlrpc-encode.ts';

const instance = {
  id: 1000010000,
  name: 'client1.example.com',
  osName: 'oraclelinux-release',
  osRelease: '7Server',
  arch: 'x86_64-redhat-linux',
  owner: 'admin',
} as Instance;
const credential = 'c0'.repeat(32);

it('A systemid has the members of a Spacewalk certificate', () => {
  expect(readOnlyParam(composeSystemid(instance, credential))).toEqual({
    system_id: 'ID-1000010000',
    os_release: '7Server',
    operating_system: 'oraclelinux-release',
    architecture: 'x86_64-redhat-linux',
    username: 'admin',
    type: 'REAL',
    profile_name: 'client1.example.com',
    description:
      'Initial Registration Parameters:\nOS: oraclelinux-release\nRelease: 7Server\nCPU Arch: x86_64-redhat-linux',
    fields: ['system_id', 'os_release', 'operating_system', 'architecture', 'username', 'type'],
    checksum: credential,
  });
});

it('Its id has nine digits at least, as clients compare it', () => {
  expect(composeSystemid({ ...instance, id: 42 }, credential)).toContain('ID-000000042<');
});

it('It is ASCII without tabs, and means the same', () => {
  const name = 'Rechner für\tAnna <&> 😀';
  const text = composeSystemid({ ...instance, name }, credential);
  expect(text).toMatch(/^[\n\x20-\x7e]+$/);
  expect(readOnlyParam(text)).toMatchObject({ profile_name: 'Rechner für Anna <&> 😀' });
});

it('It is read from a request in the form in which clients send it, and in any other', () => {
  const text = composeSystemid(instance, credential);
  const presented = { id: 1000010000, credential };
  expect(readEscapedSystemid(escaped(text))).toEqual(presented);
  for (const other of [
    text.trim(),
    text.replaceAll('\n', '').replaceAll(' ', ''),
    text.replaceAll(/<\/?string>/g, ''),
    text.replaceAll('<member>', '<!-- a --><member>'),
    text.replace('ID-1000010000', '<![CDATA[ID-1000010000]]>'),
    text.replace("<?xml version='1.0'?>", '<?xml version="1.0"?>'),
    ` ${text.replaceAll('\n', '\r\n')} `,
  ]) {
    expect(readSystemid(other)).toEqual(presented);
    expect(readEscapedSystemid(escaped(other))).toEqual(presented);
    expect(readEscapedSystemid(escaped(other).replaceAll('&gt;', '>'))).toEqual(presented);
  }
});

it('A member of that name elsewhere is not taken for it', () => {
  const text = composeSystemid(
    {
      ...instance,
      name: '</string></value></member><member><name>checksum</name><value><string>x',
    },
    credential,
  );
  expect(readEscapedSystemid(escaped(text))).toEqual({ id: 1000010000, credential });
});

it.each([
  ['nothing', ''],
  ['text', 'ID-1000010000'],
  ['a list', '<params><param><value><array/></value></param></params>'],
  ['half of one', composeSystemid(instance, credential).slice(0, 300)],
  ['one without a checksum', composeSystemid(instance, '')],
  ['one with another id', composeSystemid(instance, credential).replace('ID-', 'XX-')],
  ['one with a very long id', composeSystemid(instance, credential).replace('ID-', 'ID-99999999')],
  [
    'one with a document type',
    `<!DOCTYPE a>${composeSystemid(instance, credential)}`.replace('\n', ' '),
  ],
])('%s is none', (_, text) => {
  expect(readSystemid(text)).toBeUndefined();
  expect(readEscapedSystemid(escaped(text).replaceAll('\n', ' '))).toBeUndefined();
});
