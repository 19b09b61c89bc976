import { describe, expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { sourceSchema } from '../../src/base/source.ts';

const upstream = 'https://host/repo/';
const problem = (definition: unknown): string | undefined => {
  const checked = sourceSchema.safeParse(definition);
  return checked.success ? undefined : JSON.stringify(checked.error.issues);
};

describe('A label', () => {
  it.each([
    'a',
    'ol8_baseos_latest-x86_64',
    'A.b:c-d_e',
    '.hidden',
    'x'.repeat(128),
    'a.repo.x',
    '7',
  ])('may be %s', (label) => {
    expect(problem({ label, upstream })).toBeUndefined();
  });
  it.each([
    '',
    'a b',
    'a/b',
    'ä',
    'a@1',
    'a%20',
    '.',
    '..',
    'a.repo',
    '.repo',
    'x'.repeat(129),
    'a\n',
    7,
    null,
  ])('may not be %j', (label) => {
    expect(problem({ label, upstream })).toContain('label');
  });
});

describe('A source', () => {
  it.each([
    ['one base URL', { upstream }],
    ['several', { upstream: [upstream, 'http://other:8080/x'] }],
    ['a folder', { upstream: 'file:./repo' }],
    ['a folder by its whole path', { upstream: 'file:///srv/repo/' }],
    ['a mirrorlist', { mirrorlist: 'https://host/list?a=1' }],
    ['a metalink', { metalink: 'https://host/metalink?repo=epel-9&arch=x86_64' }],
    [
      'a required signature with a key',
      { upstream, verify: { repomd: 'required' }, gpg_keys: ['k'] },
    ],
    ['a cron pattern', { upstream, sync: { cron: '17 3 * * *', jitter: '10m' } }],
    ['a release as number', { upstream, release: 8 }],
    ['a client certificate', { upstream, tls: { client_certificate: 'c', client_key: 'k' } }],
  ])('may have %s', (_, definition) => {
    expect(problem({ label: 'a', ...definition })).toBeUndefined();
  });

  it.each([
    ['no upstream', {}, 'exactly one of upstream, mirrorlist, metalink, from and follows'],
    ['two of them', { upstream, metalink: upstream }, 'exactly one of'],
    ['all three', { upstream, mirrorlist: upstream, metalink: upstream }, 'exactly one of'],
    ['an empty list of base URLs', { upstream: [] }, 'upstream'],
    ['another scheme', { mirrorlist: 'ftp://host/list' }, 'an address that starts with'],
    ['no scheme', { upstream: 'host/repo' }, 'an address that starts with'],
    ['a space in an address', { upstream: 'https://host/a b' }, 'a blank, and this holds one'],
    [
      'a line break in an address',
      { metalink: 'https://host/a\nb' },
      'a blank, and this holds one',
    ],
    ['an address that cannot be read', { upstream: 'https://user:pa/ss@host/' }, 'an address'],
    ['a host where a folder is meant', { upstream: 'file://fixtures/repo' }, 'without a host'],
    ['a broken cron pattern', { upstream, sync: { cron: '99 99 * * *' } }, 'a cron pattern'],
    ['both times', { upstream, sync: { every: '6h', cron: '1 1 * * *' } }, 'either every or cron'],
    ['a zero interval', { upstream, sync: { every: '0s' } }, 'a duration such as'],
    [
      'a required signature without keys',
      { upstream, verify: { repomd: 'required' } },
      'needs gpg_keys',
    ],
    [
      'signed packages without keys',
      { upstream, verify: { packages: 'signature' } },
      'verify.packages: signature needs gpg_keys',
    ],
    [
      'signed packages that clients fetch elsewhere',
      { upstream, gpg_keys: ['k'], verify: { packages: 'signature' }, packages: 'none' },
      'cannot be with packages: none',
    ],
    [
      'half a fingerprint',
      { upstream, gpg_keys: [{ key: 'k', fingerprint: 'EC551F03' }] },
      'gpg_keys',
    ],
    ['half a client certificate', { upstream, tls: { client_key: 'k' } }, 'go together'],
    [
      'a password in the file',
      { upstream, auth: { username: 'u', password: 'p' } },
      'password_file',
    ],
    [
      'clients sent to a folder',
      { upstream: 'file:a', packages: 'none' },
      'that clients can reach',
    ],
    ['newest builds without a sync that fetches', { upstream, newest: 2 }, 'newest goes with'],
    [
      'no newest build at all',
      { upstream, packages: 'immediate', newest: 0 },
      'expected number to be >=1',
    ],
    ['an unknown key', { upstream, colour: 'blue' }, 'colour'],
  ])('may not have %s', (_, definition, message) => {
    expect(problem({ label: 'a', ...definition })).toContain(message);
  });
});

it('A source gets its defaults, and paths relative to the folder of its file', () => {
  expect(fillIn({ label: 'a', upstream: 'file:../repo/' }, '/etc/head water', 'file')).toEqual({
    label: 'a',
    name: 'a',
    arch: undefined,
    release: undefined,
    parent: undefined,
    upstream: { kind: 'base', urls: ['file:///etc/repo/'] },
    gpgKeys: [],
    verifyRepomd: 'optional',
    newest: undefined,
    installationTree: false,
    verifyPackages: 'digest',
    allowSha1: false,
    packages: 'on_demand',
    sync: undefined,
    tls: {},
    auth: undefined,
    bandwidth: undefined,
    keepOriginals: undefined,
    kind: 'mirrored',
    compression: undefined,
    sqlite: false,
    keepRevisionsMs: 90 * 86_400_000,
    snapshots: { daily: 0, weekly: 0, monthly: 0 },
    origin: 'file',
  });
});

it('A view lists its parents by priority, a stage what it follows', () => {
  const from = ['a', { source: 'b', priority: 10 }, { source: 'c' }, { source: 'd', priority: 99 }];
  const filters = [{ packages: { exclude: ['vim'] } }];
  const view = { label: 'v', from, filters, strict: true, compression: 'zstd' as const };
  expect(problem(view)).toBeUndefined();
  expect(fillIn(sourceSchema.parse(view), '/', 'file')).toMatchObject({
    kind: 'view',
    from: ['b', 'a', 'c', 'd'],
    filters: { packages: { include: [], exclude: ['vim'] } },
    strict: { with: [] },
    compression: 'zstd',
  });
  const beside = { label: 'v', from: ['a'], strict: { with: ['b'] } };
  expect(fillIn(sourceSchema.parse(beside), '/', 'file')).toMatchObject({
    strict: { with: ['b'] },
  });
  const stage = { label: 's', follows: 'v', at: 3, snapshots: { daily: 7 } };
  expect(fillIn(sourceSchema.parse(stage), '/', 'file')).toMatchObject({
    kind: 'stage',
    follows: 'v',
    at: '3',
    fetch: true,
    snapshots: { daily: 7, weekly: 0, monthly: 0 },
  });
});

it.each([
  ['a view with an upstream', { upstream, from: ['a'] }, 'exactly one of'],
  ['a view with keys', { from: ['a'], gpg_keys: ['k'] }, 'no such key in a view source'],
  ['a stage with filters', { follows: 'a', filters: [] }, 'no such key in a stage source'],
  ['filters on a mirror', { upstream, filters: [] }, 'no such key in a mirrored source'],
])('There is no such thing as %s', (_, definition, message) => {
  expect(problem({ label: 'x', ...definition })).toContain(message);
});

it('A source keeps what it says, and its files are found from the folder of its file', () => {
  const armoured = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
  const source = fillIn(
    {
      label: 'a',
      release: 8,
      metalink: 'https://host/metalink',
      gpg_keys: [
        'keys/a',
        '/abs/b',
        'file:c',
        { key: 'https://host/d', fingerprint: 'ab'.repeat(20) },
        armoured,
      ],
      verify: { repomd: 'required' },
      packages: 'none',
      sync: { every: '6h', jitter: '1m' },
      tls: { ca: 'ca.pem', client_certificate: 'c.pem', client_key: '/k.pem' },
      auth: { username: 'u', password_file: 'secret' },
    },
    '/etc/headwater',
    'state',
  );
  expect(source).toMatchObject({
    release: '8',
    upstream: { kind: 'metalink', urls: ['https://host/metalink'] },
    gpgKeys: [
      { key: '/etc/headwater/keys/a' },
      { key: '/abs/b' },
      { key: 'file:///etc/headwater/c' },
      { key: 'https://host/d', fingerprint: 'ab'.repeat(20) },
      { key: armoured },
    ],
    verifyRepomd: 'required',
    packages: 'none',
    sync: { everyMs: 21_600_000, jitterMs: 60_000 },
    tls: {
      ca: '/etc/headwater/ca.pem',
      clientCertificate: '/etc/headwater/c.pem',
      clientKey: '/k.pem',
    },
    auth: { username: 'u', secret: { from: 'file', name: '/etc/headwater/secret' } },
    origin: 'state',
  });
});

it('Without a jitter of its own a schedule has a tenth of its interval, or five minutes', () => {
  const jitter = (sync: object) =>
    fillIn({ label: 'a', upstream, sync }, '/', 'file').sync?.jitterMs;
  expect(jitter({ every: '10h' })).toBe(3_600_000);
  expect(jitter({ cron: '17 3 * * *' })).toBe(300_000);
});

it.each([
  '1',
  '12',
  3,
  'q4',
  '2026-q4',
  '2026-01-31',
  '2026-01-31T12:00:00+02:00',
  '2026-01-31 12:00',
])('A stage may begin at %j', (at) => {
  expect(problem({ label: 's', follows: 'a', at })).toBeUndefined();
});

it.each([
  '',
  ' ',
  'a b',
  'current',
  '0',
  0,
  -1,
  '1.5',
  '9'.repeat(20),
  '2026-02-30',
  '2026-13-01T00:00:00Z',
  '2026-01-31Tx',
  'a@1',
  '..',
])('A stage may not begin at %j, which never names a revision', (at) => {
  expect(problem({ label: 's', follows: 'a', at })).toContain('"at"');
});
