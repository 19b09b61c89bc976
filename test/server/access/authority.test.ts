import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAuthority } from '../../../src/server/tls/authority.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { createTlsFiles } from '../../../src/store/tls-files.ts';
import { hasOpenssl } from '../../mirror/certificates.ts';
import { temporaryFolder } from '../../support/app.ts';

const day = 86_400_000;

async function scene() {
  const folder = await temporaryFolder();
  const paths = dataPaths(join(folder, 'data'));
  const files = createTlsFiles(paths);
  const clock = { now: Date.now() };
  return { folder, paths, files, clock, authority: createAuthority(files, () => clock.now) };
}

/** The first certificate of what a file holds. */
const certificateIn = (pem: string) =>
  new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));

const mode = async (path: string) => (await stat(path)).mode & 0o777;

it('makes an authority of ten years and a server certificate for the names, once', async () => {
  const { authority, files, paths } = await scene();
  expect(await files.authority()).toBeUndefined();
  const [own, again] = await Promise.all([
    authority.server(['Yum.Example.test', '10.0.0.1', '0:0::1']),
    authority.server(['yum.example.test']),
  ]);
  expect(own.made).toEqual({ authority: true, server: true });
  expect(own.names).toEqual(['yum.example.test', '10.0.0.1', '::1']);
  expect(again).toMatchObject({ pem: own.pem, made: { authority: false, server: false } });
  const ca = new X509Certificate(own.authority);
  const server = certificateIn(own.pem);
  expect(ca.ca && server.verify(ca.publicKey) && server.checkIssued(ca)).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkHost('yum.example.test')).toBeDefined();
  expect(server.checkHost('other.example.test')).toBeUndefined();
  expect(server.checkIP('::1')).toBeDefined();
  const years = (ca.validToDate.getTime() - Date.now()) / (365.25 * day);
  expect(years).toBeCloseTo(10, 1);
  expect(await mode(paths.tls)).toBe(0o700);
  for (const name of ['ca.key', 'server.pem']) expect(await mode(paths.tlsFile(name))).toBe(0o600);
});

it('makes another server certificate of the same authority for further names, and near the end', async () => {
  const { authority, clock } = await scene();
  const first = await authority.server(['a.test']);
  const more = await authority.server(['b.test']);
  expect(more.names).toEqual(['b.test', 'a.test']);
  expect(more.authority).toBe(first.authority);
  clock.now += 260 * day;
  expect(await authority.server([])).toMatchObject({ pem: more.pem });
  clock.now += 10 * day;
  const renewed = await authority.server([]);
  expect(renewed).toMatchObject({ names: more.names, made: { authority: false, server: true } });
  expect(Date.parse(renewed.notAfter)).toBeGreaterThan(clock.now + 390 * day);
});

it('makes a server certificate again whose file is damaged or of another authority', async () => {
  const { authority, files, paths } = await scene();
  const first = await authority.server(['a.test']);
  await writeFile(paths.tlsFile('server.pem'), first.pem.slice(0, 900));
  expect((await authority.server(['a.test'])).made.server).toBe(true);
  const other = await (await scene()).authority.server(['a.test']);
  await writeFile(paths.tlsFile('server.pem'), other.pem);
  expect((await authority.server(['a.test'])).made).toEqual({ authority: false, server: true });
  expect((await files.authority())?.certificate).toBe(first.authority);
});

it('refuses what is no name', async () => {
  const { authority, files } = await scene();
  for (const name of ['', 'a b', 'https://a.test', 'a.test:8443', '*', 'a..b', 'é.test', '-']) {
    const refused = authority.server([name]);
    await expect(refused, name).rejects.toMatchObject({ kind: 'usage' });
  }
  expect(await files.server()).toBeUndefined();
});

it('issues client certificates for clients alone, none beyond its own end', async () => {
  const { authority, clock } = await scene();
  const issued = await authority.issue('1000010000', 730);
  const ca = new X509Certificate(await authority.certificate());
  const certificate = new X509Certificate(issued.certificate);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.subject).toBe('CN=1000010000');
  expect(issued.sha256).toEqual(createHash('sha256').update(certificate.raw).digest());
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  clock.now += 9 * 365 * day;
  const late = await authority.issue('1000010000', 7300);
  expect(late.notAfter).toBe(ca.validToDate.toISOString());
  expect(late.sha256).not.toEqual(issued.sha256);
});

it.skipIf(!hasOpenssl)('makes what openssl verifies by its strict rules', async () => {
  const { authority, folder } = await scene();
  const own = await authority.server(['a.test', '127.0.0.1']);
  const client = await authority.issue('1000010000', 30);
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const ca = await write('ca.pem', own.authority);
  const check = (purpose: string, file: string, ...more: string[]) => {
    const args = ['verify', '-x509_strict', '-purpose', purpose, ...more, '-CAfile', ca, file];
    return spawnSync('openssl', args, { encoding: 'utf8' });
  };
  const server = await write('server.pem', certificateIn(own.pem).toString());
  expect(check('sslserver', server, '-verify_hostname', 'a.test')).toMatchObject({ status: 0 });
  expect(check('sslserver', server, '-verify_hostname', 'b.test').status).not.toBe(0);
  expect(check('sslclient', server).status).not.toBe(0);
  const file = await write('client.pem', client.certificate);
  expect(check('sslclient', file)).toMatchObject({ status: 0 });
  expect(check('sslserver', file).status).not.toBe(0);
});
