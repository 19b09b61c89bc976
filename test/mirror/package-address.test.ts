import { expect, it } from 'vitest';
import { addressOf } from '../../src/mirror/package-address.ts';

const root = new URL('https://host/repo/');

it.each([
  [{ path: 'p/a.rpm', base: 'http://other/os' }, 'http://other/os/p/a.rpm'],
  [{ path: 'p/a.rpm', base: 'http://other/os/' }, 'http://other/os/p/a.rpm'],
  [{ path: 'a+b~1^2.rpm', base: 'http://other' }, 'http://other/a%2Bb~1%5E2.rpm'],
  [{ path: 'a%2Bb.rpm', base: 'http://other' }, 'http://other/a%2Bb.rpm'],
  [{ path: 'a#b?c.rpm', base: 'http://other' }, 'http://other/a%23b%3Fc.rpm'],
  [{ path: '../a.rpm', base: 'http://other/one/two/' }, 'http://other/one/a.rpm'],
  [{ path: 'a.rpm', base: 'http://other/os?token=1' }, 'http://other/os/a.rpm?token=1'],
  [{ path: 'a.rpm', base: '../updates' }, 'https://host/updates/a.rpm'],
  [{ path: 'a.rpm', base: '' }, 'https://host/repo/a.rpm'],
  [{ path: 'http://third/a.rpm' }, 'http://third/a.rpm'],
  [{ path: 'http://third/a.rpm', base: 'http://other/os' }, 'http://third/a.rpm'],
])('%o lies at %s', (place, address) => {
  expect(addressOf(place, root).href).toBe(address);
});

it.each([
  { path: 'a.rpm', base: 'ftp://other/os' },
  { path: 'file:///etc/passwd' },
  { path: 'a.rpm', base: 'file:///etc/' },
  { path: 'javascript://a' },
  { path: 'http://' },
  { path: 'a.rpm', base: 'http://[' },
])('%o is not asked for', (place) => {
  expect(() => addressOf(place, root)).toThrow(/the metadata names .* which is not fetched/);
});

const folder = new URL('file:///srv/repo/');

it.each([
  [{ path: 'a b.rpm', base: 'file:///srv/repo/p' }, 'file:///srv/repo/p/a%20b.rpm'],
  [{ path: 'file:///srv/repo/a.rpm' }, 'file:///srv/repo/a.rpm'],
  [{ path: 'a.rpm', base: './p' }, 'file:///srv/repo/p/a.rpm'],
  [{ path: 'a.rpm', base: 'https://other/' }, 'https://other/a.rpm'],
])('from a folder %o lies at %s', (place, address) => {
  expect(addressOf(place, folder).href).toBe(address);
});

it.each([
  { path: 'passwd', base: 'file:///etc' },
  { path: '../../etc/passwd', base: 'file:///srv/repo/' },
  { path: '%2e%2e/other/a.rpm', base: 'file:///srv/repo/' },
  { path: '..%2fother/a.rpm', base: 'file:///srv/repo/' },
  { path: 'a.rpm', base: 'file:///srv/repository/' },
  { path: 'a.rpm', base: '..' },
  { path: 'a.rpm', base: 'file://host/srv/repo/' },
])('from a folder %o is not read', (place) => {
  expect(() => addressOf(place, folder)).toThrow(/which is not fetched/);
});
