import { describe, expect, it } from 'vitest';
import { staysInside } from '../../src/repodata/repomd.ts';

describe('a location', () => {
  it.each([
    'repodata/primary.xml.gz',
    'primary.xml.gz',
    './repodata/a',
    'a..b/..c/d..',
    'a%2fb%20c',
    '100%/a',
    '%zz',
    'a b.rpm',
    'a/b:c.rpm',
    'gauge-c++-4.1-7.el7.x86_64.rpm',
    '渦.rpm',
    '...',
  ])('stays inside: %s', (href) => {
    expect(staysInside(href)).toBe(true);
    expect(new URL(href, 'http://h/a/b/').href).toMatch(/^http:\/\/h\/a\/b\//);
  });

  it.each([
    '',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    '/x',
    '//host/x',
    'http://host/x',
    'HTTPS:x',
    'file:///etc/passwd',
    'a\\..\\x',
    '\\x',
    '..\\x',
    '%2e%2e/x',
    '.%2E/x',
    'a/%2e%2e/%2e%2e/x',
    '..%2fx',
    '%2fx',
    '%5cx',
    'a%00b',
    'a\0b',
    'a\nb',
    '.\t./x',
    '%2e%2e/%zz',
    '%2e%2e/100%',
    '%2e%2e/%ff',
    ' /x',
    ' http://host/x',
    '.. ',
  ])('leaves: %j', (href) => {
    expect(staysInside(href)).toBe(false);
  });
});
