import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { expect, it } from 'vitest';
import { createAuthority } from '../../../src/server/tls/authority.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { createTlsFiles } from '../../../src/store/tls-files.ts';
import { hasOpenssl, makeCertificates } from '../../mirror/certificates.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { ownTls as tls } from './registered.ts';

const caPath = '/pub/RHN-ORG-TRUSTED-SSL-CERT';

const portOf = (address: { tlsPort: number | undefined }) => address.tlsPort!;

interface Answer {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

function get(port: number, path: string, options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false, ...options }, async (answer) => {
      let body = '';
      for await (const chunk of answer.setEncoding('utf8')) body += chunk;
      resolve({ status: answer.statusCode!, body, headers: answer.headers });
    })
      .on('error', reject)
      .end();
  });
}

/** Connects, and gives the certificate that the server shows, and what is spoken. */
async function shown(port: number, options: ConnectionOptions = {}) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  const protocol = socket.getProtocol();
  socket.destroy();
  return { certificate, protocol };
}

it('speaks HTTPS beside HTTP, by a certificate of its own authority, which it hands out', async () => {
  const app = await startApp([], { tls });
  const port = portOf(app.address);
  const ca = await (await fetch(app.url + caPath)).text();
  expect(ca).toMatch(/^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n$/);
  const answer = await get(port, '/healthz', { ca });
  expect(answer).toMatchObject({ status: 200, body: 'ok\n' });
  expect((await get(port, caPath, { ca })).body).toBe(ca);
  await expect(get(port, '/healthz', {})).rejects.toMatchObject({
    code: expect.stringMatching(/CERT|VERIFY|ISSUER/),
  });
  const { body } = await get(port, '/', { ca, headers: { accept: 'application/json' } });
  expect(JSON.parse(body)).toEqual({ channels: [] });
});

it('names itself by https where it was asked by it', async () => {
  const upstream = 'file:fixtures/repodata/ol8/';
  const app = await startApp([{ label: 'ol8', upstream }], { tls });
  const port = portOf(app.address);
  const ca = await (await fetch(app.url + caPath)).text();
  const { body } = await get(port, '/channels/ol8.repo', { ca });
  expect(body).toContain(`baseurl=https://127.0.0.1:${port}/channels/ol8/`);
  const plain = await (await fetch(`${app.url}/channels/ol8.repo`)).text();
  expect(plain).toContain(`baseurl=${app.url}/channels/ol8/`);
});

it('has nothing to hand out without TLS', async () => {
  const app = await startApp([]);
  expect((await fetch(app.url + caPath)).status).toBe(404);
});

it.skipIf(!hasOpenssl)(
  'uses the files that are configured, and takes new ones on reload',
  async () => {
    const folder = await temporaryFolder();
    const certificates = await makeCertificates(folder);
    const { server, client } = certificates;
    const files = { certificate: server.cert, key: server.key };
    const given = { ...tls, files, ca: certificates.ca };
    const app = await startApp([], { tls: given });
    const port = portOf(app.address);
    const ca = await readFile(certificates.ca, 'utf8');
    expect(await (await fetch(app.url + caPath)).text()).toBe(ca);
    expect((await get(port, '/healthz', { ca })).status).toBe(200);
    const before = (await shown(port)).certificate.fingerprint256;
    // They are good for two days.
    const ends = app.logged.filter((l) => l.msg === 'clients will soon trust TLS no more');
    expect(ends.map((l) => l.what)).toEqual(['certificate', 'authority']);

    // What does not fit together is refused, and the old one stays.
    const wrong = { ...app.config, tls: { ...given, files: { ...files, key: client.key } } };
    await expect(app.app.reload(wrong)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('is not the key of'),
    });
    for (const [name, text] of [
      ['none', ''],
      ['broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ] as const) {
      const certificate = join(folder, name);
      await writeFile(certificate, text);
      const next = { ...app.config, tls: { ...given, files: { ...files, certificate } } };
      await expect(app.app.reload(next)).rejects.toMatchObject({ kind: 'config' });
    }
    expect((await shown(port)).certificate.fingerprint256).toBe(before);

    await mkdir(join(folder, 'new'));
    const renewed = await makeCertificates(join(folder, 'new'));
    const next = {
      ...tls,
      files: { certificate: renewed.server.cert, key: renewed.server.key },
      ca: renewed.ca,
    };
    await app.app.reload({ ...app.config, tls: next });
    expect((await shown(port)).certificate.fingerprint256).not.toBe(before);
    const newCa = await readFile(renewed.ca, 'utf8');
    expect((await get(port, caPath, { ca: newCa })).body).toBe(newCa);
  },
);

it('shows its renewed certificate to new connections, without a restart', async () => {
  const app = await startApp([], { tls });
  const port = portOf(app.address);
  const before = await shown(port);
  const own = await app.app.operations.initialiseTls(['yum.example.test']);
  expect(own).toMatchObject({
    made: { authority: false, server: true },
    names: ['yum.example.test', '127.0.0.1'],
  });
  const after = await shown(port);
  expect(after.certificate.subjectaltname).toContain('DNS:yum.example.test');
  expect(after.certificate.fingerprint256).not.toBe(before.certificate.fingerprint256);
});

it('can do without plain HTTP', async () => {
  const app = await startApp([], {
    tls: { ...tls, only: true },
    publicUrl: 'https://127.0.0.1:0',
  });
  const port = portOf(app.address);
  expect(app.address.port).toBe(port);
  expect(app.app.publicUrl()).toBe(`https://127.0.0.1:${port}`);
  const ca = await readFile(dataPaths(app.config.data).tlsFile('ca.pem'));
  expect((await get(port, '/healthz', { ca })).status).toBe(200);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

it('speaks TLS 1.2 with the ciphers of old clients, and nothing older', async () => {
  const app = await startApp([], { tls });
  const port = portOf(app.address);
  for (const ciphers of ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-SHA384', 'AES128-SHA']) {
    const { protocol } = await shown(port, {
      ciphers,
      maxVersion: 'TLSv1.2',
      minVersion: 'TLSv1.2',
    });
    expect([ciphers, protocol]).toEqual([ciphers, 'TLSv1.2']);
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  await expect(shown(port, old)).rejects.toThrow(/protocol version|unsupported protocol/i);
});

it.skipIf(!hasOpenssl)('speaks with openssl s_client -tls1_2', async () => {
  const app = await startApp([], { tls });
  const port = portOf(app.address);
  const ca = dataPaths(app.config.data).tlsFile('ca.pem');
  const args = ['-tls1_2', '-CAfile', ca, '-verify_return_error', '-verify_ip', '127.0.0.1'];
  const client = spawn('openssl', ['s_client', ...args, '-connect', `127.0.0.1:${port}`]);
  client.stdin.end('Q\n');
  let stdout = '';
  for await (const chunk of client.stdout.setEncoding('utf8')) stdout += chunk;
  expect(stdout).toMatch(/Verify return code: 0 \(ok\)/);
});

it('lets answers over TLS finish when it is told to stop', async () => {
  const app = await startApp([], { tls });
  const ca = await (await fetch(app.url + caPath)).text();
  const socket = connect({ host: '127.0.0.1', port: portOf(app.address), ca });
  await once(socket, 'secureConnect');
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const closed = app.close();
  socket.write('\r\n');
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  expect(text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*ok\n$/);
  await closed;
});

it('makes its certificate anew where the data folder holds an old one', async () => {
  const data = join(await temporaryFolder(), 'data');
  const files = createTlsFiles(dataPaths(data));
  const longAgo = Date.now() - 390 * 86_400_000;
  const old = await createAuthority(files, () => longAgo).server(['127.0.0.1']);
  const app = await startApp([], { tls, data });
  const { certificate } = await shown(portOf(app.address));
  expect(Date.parse(certificate.valid_to)).toBeGreaterThan(Date.now() + 390 * 86_400_000);
  expect(await (await fetch(app.url + caPath)).text()).toBe(old.authority);
});
