import { expect, it } from 'vitest';
import { shownText, shownUrl } from '../../src/base/redact.ts';

it.each([
  ['https://host/repo/', 'https://host/repo/'],
  ['https://user:secret@host:8443/repo/', 'https://host:8443/repo/'],
  ['https://secret@host/repo/', 'https://host/repo/'],
  ['https://user:sec@ret@host/', 'https://host/'],
  ['https://host/repo?token=secret', 'https://host/repo?…'],
  ['https://user:secret@host/?a=secret#part', 'https://host/?…#part'],
  ['file:///srv/a%20b/', 'file:///srv/a b/'],
  // Not URLs, although they look so.
  ['https://user:sec/ret@host/', 'https://host/'],
  ['https://us er:secret@host/?token=secret', 'https://host/?…'],
  ['https://[bad/?token=secret', 'https://[bad/?…'],
  ['//user:secret@host/x', '//host/x'],
  ['/etc/pki/key', '/etc/pki/key'],
])('The address %s is shown as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

it('A URL object is shown without being changed', () => {
  const url = new URL('https://user:secret@host/?q=secret');
  expect(shownUrl(url)).toBe('https://host/?…');
  expect(url.href).toBe('https://user:secret@host/?q=secret');
});

it.each([
  ['cannot reach https://user:secret@host/x: refused', 'cannot reach https://host/x: refused'],
  ['https://u:sec@ret@host/ and http://secret@b/', 'https://host/ and http://b/'],
  ['GET "https://host/x?token=secret" failed', 'GET "https://host/x?…" failed'],
  ['proxy http://u:secret@proxy:3128?x=secret refuses', 'proxy http://proxy:3128?… refuses'],
  ['nothing to hide: a@b.example, what?', 'nothing to hide: a@b.example, what?'],
])('The text %j is shown as %j', (text, shown) => {
  expect(shownText(text)).toBe(shown);
});
