import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defaultConfigFile, loadConfig } from '../../src/cli/config.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { written } from './written.ts';

it('An empty file gives the defaults', async () => {
  for (const text of ['', '# nothing yet\n', 'sources:\n'.replace('sources:', 'sources: []')]) {
    const { file, folder } = await written(text);
    expect(loadConfig({ config: file }, {})).toEqual({
      file,
      listen: { host: '127.0.0.1', port: 8080 },
      publicUrl: 'http://127.0.0.1:8080',
      data: join(folder, 'data'),
      trustedProxies: [],
      logLevel: 'info',
      minFree: 1_000_000_000,
      graceMs: 172_800_000,
      access: 'open',
      fleet: {
        tokenLifetimeMs: 3_600_000,
        unfinishedMs: 3_600_000,
        unreachableMs: 86_400_000,
        actionTries: 5,
        actionPatienceMs: 86_400_000,
        keepActionsMs: 90 * 86_400_000,
        keepAuditMs: 365 * 86_400_000,
      },
      defaults: [],
      notifications: { silentAfterMs: 7 * 86_400_000 },
      signing: [],
      space: {
        dropPackagesAfterMs: 0,
        packagesAtMost: undefined,
        marginMs: 3_600_000,
        gcEveryMs: undefined,
      },
      api: {
        ...{ body: 8 * 1024 * 1024, patienceMs: 30_000, keepWorkRequestsMs: 30 * 86_400_000 },
        ...{ rate: 100, addressRate: 300 },
      },
      limits: defaultLimits,
      metricsAllow: ['loopback'],
      metricsNamed: false,
      sources: [],
    });
  }
});

it('Every key is understood', async () => {
  const { file, folder } = await written(`
listen: "[::1]:9000"
public_url: https://yum.example.test/hw/
data: ./state
metrics: { allow: [ loopback, 10.1.0.0/16 ] }
trusted_proxies: [10.0.0.0/8, "::1", loopback]
log_level: debug
tls: { listen: "[::1]:9443", certificate: tls/server.pem, key: tls/server.key, ca: tls/ca.pem, client_ca: /etc/pki/clients.pem, only: true }
min_free: 500MB
channels: { access: registered, grace: 12h }
fleet: { token_lifetime: 2h, unfinished_registrations: 3h, unreachable_after: 9h, action_tries: 2, action_patience: 4h, keep_actions: 5d, keep_audit: 6d }
defaults: [ { release: 8, arch: x86_64, sources: [ ol8_baseos_latest-x86_64, child ] }, { sources: [ mirrors ] } ]
notifications: { silent_after: 3d }
space: { drop_packages_after: 30d, packages_at_most: 200GB, margin: 2h, gc: { every: 1d } }
api: { body: 4MiB, patience: 5s, keep_work_requests: 7d, rate: 5, address_rate: 50 }
limits: { primary: 1GiB, stall_time: 20s, tries: 5 }
signing: { key: keys/own.asc, passphrase_file: /run/secrets/passphrase }
sources:
  - label: ol8_baseos_latest-x86_64
    name: Oracle Linux 8 BaseOS Latest (x86_64)
    arch: x86_64
    release: 8
    upstream: https://yum.example.test/repo/
    gpg_keys:
      - https://yum.example.test/key
      - { key: keys/local, fingerprint: 0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567 }
    verify: { repomd: required, packages: signature, sha1: true }
    packages: immediate
    newest: 2
    installation_tree: true
    sync: { every: 6h, jitter: 10m }
    tls: { ca: ca.pem, client_certificate: c.pem, client_key: k.pem }
    auth: { username: mirror, password_file: secret }
    bandwidth: 10MB
  - label: child
    parent: ol8_baseos_latest-x86_64
    upstream: [ "file:../repo", https://other.example.test/ ]
    packages: on_demand
    sync: { cron: "17 3 * * *" }
  - label: mirrors
    mirrorlist: https://list.example.test/
    packages: none
    auth: { header: X-Api-Key, value_env: MIRROR_KEY }
  - label: metalink
    metalink: file:./metalink.xml
`);
  const config = loadConfig({ config: file }, {});
  const { sources, ...rest } = config;
  expect(rest).toEqual({
    file,
    listen: { host: '::1', port: 9000 },
    publicUrl: 'https://yum.example.test/hw',
    data: join(folder, 'state'),
    trustedProxies: ['10.0.0.0/8', '::1', 'loopback'],
    logLevel: 'debug',
    minFree: 500_000_000,
    graceMs: 43_200_000,
    access: 'registered',
    fleet: {
      tokenLifetimeMs: 7_200_000,
      unfinishedMs: 10_800_000,
      unreachableMs: 32_400_000,
      actionTries: 2,
      actionPatienceMs: 14_400_000,
      keepActionsMs: 5 * 86_400_000,
      keepAuditMs: 6 * 86_400_000,
    },
    defaults: [
      { release: '8', arch: 'x86_64', sources: ['ol8_baseos_latest-x86_64', 'child'] },
      { release: undefined, arch: undefined, sources: ['mirrors'] },
    ],
    notifications: { silentAfterMs: 3 * 86_400_000 },
    signing: [{ key: join(folder, 'keys/own.asc'), passphraseFile: '/run/secrets/passphrase' }],
    space: {
      dropPackagesAfterMs: 30 * 86_400_000,
      packagesAtMost: 200_000_000_000,
      marginMs: 7_200_000,
      gcEveryMs: 86_400_000,
    },
    api: {
      ...{ body: 4 * 1024 * 1024, patienceMs: 5000, keepWorkRequestsMs: 7 * 86_400_000 },
      ...{ rate: 5, addressRate: 50 },
    },
    limits: { ...defaultLimits, primary: 1_073_741_824, stallTime: 20_000, tries: 5 },
    metricsAllow: ['loopback', '10.1.0.0/16'],
    metricsNamed: true,
    tls: {
      listen: { host: '::1', port: 9443 },
      files: { certificate: join(folder, 'tls/server.pem'), key: join(folder, 'tls/server.key') },
      ca: join(folder, 'tls/ca.pem'),
      clientCa: '/etc/pki/clients.pem',
      only: true,
    },
  });
  expect(sources).toMatchObject([
    {
      label: 'ol8_baseos_latest-x86_64',
      name: 'Oracle Linux 8 BaseOS Latest (x86_64)',
      arch: 'x86_64',
      release: '8',
      upstream: { kind: 'base', urls: ['https://yum.example.test/repo/'] },
      gpgKeys: [
        { key: 'https://yum.example.test/key' },
        {
          key: join(folder, 'keys/local'),
          fingerprint: '0123456789abcdef0123456789abcdef01234567',
        },
      ],
      verifyRepomd: 'required',
      verifyPackages: 'signature',
      allowSha1: true,
      packages: 'immediate',
      newest: 2,
      installationTree: true,
      sync: { everyMs: 21_600_000, jitterMs: 600_000 },
      tls: {
        ca: join(folder, 'ca.pem'),
        clientCertificate: join(folder, 'c.pem'),
        clientKey: join(folder, 'k.pem'),
      },
      auth: { username: 'mirror', secret: { from: 'file', name: join(folder, 'secret') } },
      bandwidth: 10_000_000,
      origin: 'file',
    },
    {
      label: 'child',
      parent: 'ol8_baseos_latest-x86_64',
      upstream: {
        kind: 'base',
        urls: [`file://${join(folder, '../repo')}`, 'https://other.example.test/'],
      },
      packages: 'on_demand',
      sync: { cron: '17 3 * * *', jitterMs: 300_000 },
    },
    {
      label: 'mirrors',
      upstream: { kind: 'mirrorlist', urls: ['https://list.example.test/'] },
      packages: 'none',
      auth: { header: 'X-Api-Key', secret: { from: 'env', name: 'MIRROR_KEY' } },
      bandwidth: undefined,
    },
    { label: 'metalink', upstream: { kind: 'metalink', urls: [`file://${folder}/metalink.xml`] } },
  ]);
});

it('The address that clients use follows from where it listens', async () => {
  const publicUrl = async (listen: string) =>
    loadConfig({ config: (await written(`listen: "${listen}"`)).file }, {}).publicUrl;
  const secure = 'tls: { listen: "[::]:8443", only: true }\n';
  expect(loadConfig({ config: (await written(secure)).file }, {}).publicUrl).toBe(
    'https://localhost:8443',
  );
  expect(await publicUrl('192.0.2.1:80')).toBe('http://192.0.2.1:80');
  expect(await publicUrl('0.0.0.0:8080')).toBe('http://localhost:8080');
  expect(await publicUrl('[::]:8080')).toBe('http://localhost:8080');
  expect(await publicUrl('[2001:db8::1]:8080')).toBe('http://[2001:db8::1]:8080');
});

it('The configuration that comes with the program is valid, and its source is there', () => {
  const { file, sources } = loadConfig({}, {});
  expect(file).toBe(defaultConfigFile);
  expect(sources.map((s) => s.label)).toEqual(['quickstart']);
  expect(sources[0]).toHaveProperty('upstream.urls', [
    expect.stringMatching(/\/fixtures\/repodata\/ol8\/$/),
  ]);
});
