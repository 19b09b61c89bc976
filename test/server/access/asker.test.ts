import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { createAsker } from '../../../src/server/asker.ts';

/** A request as it comes from a peer. */
const from = (remoteAddress: string, headers: Record<string, string>, encrypted = false) =>
  ({ headers, socket: { remoteAddress, encrypted }, connection: {} }) as unknown as IncomingMessage;

const forwarded = {
  host: 'inside.test:8080',
  'x-forwarded-for': '203.0.113.9, 10.0.0.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'yum.example.test',
};

it('believes no header of one who is no trusted proxy', () => {
  const asker = createAsker(() => ['10.0.0.0/8']);
  expect(asker(from('192.0.2.1', forwarded))).toEqual({
    address: '192.0.2.1',
    isKnown: false,
    isForwarded: false,
    secure: false,
    host: 'inside.test:8080',
  });
  const plain = { host: 'inside.test:8080' };
  expect(asker(from('192.0.2.1', plain, true))).toMatchObject({ secure: true, isKnown: true });
});

it('believes a chain of trusted proxies as far as it goes', () => {
  const asker = createAsker(() => ['10.0.0.0/8', '::1']);
  const told = {
    address: '203.0.113.9',
    isKnown: true,
    isForwarded: true,
    secure: true,
    host: 'yum.example.test',
  };
  expect(asker(from('10.0.0.1', forwarded))).toEqual(told);
  expect(asker(from('::1', forwarded))).toEqual(told);
  const made = { ...forwarded, 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
  expect(asker(from('10.0.0.1', made))).toMatchObject({ address: '203.0.113.9', isKnown: false });
});

it('takes scheme and host from what its own proxies wrote, not from what a client put before it', () => {
  const asker = createAsker(() => ['10.0.0.0/8']);
  const appended = {
    host: 'inside.test',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https, http',
    'x-forwarded-host': 'evil.test, yum.example.test',
  };
  expect(asker(from('10.0.0.1', appended))).toMatchObject({
    secure: false,
    host: 'yum.example.test',
  });
  // A proxy that speaks TLS to us says what its client spoke to it.
  const plain = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'HTTP' };
  expect(asker(from('10.0.0.1', plain, true)).secure).toBe(false);
  expect(asker(from('10.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, true)).secure).toBe(true);
});

it('follows the configuration, and stands what is no header at all', () => {
  let trusted: string[] = [];
  const asker = createAsker(() => trusted);
  expect(asker(from('10.0.0.1', forwarded)).address).toBe('10.0.0.1');
  trusted = ['10.0.0.1'];
  expect(asker(from('10.0.0.1', forwarded)).address).toBe('10.0.0.7');
  const empty = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': ' , ' };
  expect(asker(from('10.0.0.1', empty))).toMatchObject({ secure: false, host: '' });
});
