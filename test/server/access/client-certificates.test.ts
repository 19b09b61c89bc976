import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Config } from '../../../src/cli/config.ts';
import { createAuthority } from '../../../src/server/tls/authority.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { createTlsFiles } from '../../../src/store/tls-files.ts';
import { hasOpenssl, makeCertificates } from '../../mirror/certificates.ts';
import { temporaryFolder } from '../../support/app.ts';
import { startRegistered, ownTls as tls } from './registered.ts';

const sources = [{ label: 'ol8', upstream: 'file:fixtures/repodata/ol8/' }];
const defaults = [{ release: '8', arch: undefined, sources: ['ol8'] }];

interface Shown {
  certificate: string;
  key: string | null;
}

/** An app with TLS, and how to ask it with a client certificate. */
async function scene(more: Partial<NonNullable<Config['tls']>> = {}) {
  const app = await startRegistered(sources, { defaults, tls: { ...tls, ...more } });
  const ca = await (await fetch(`${app.url}/pub/RHN-ORG-TRUSTED-SSL-CERT`)).text();
  const ask = (path: string, pair?: Shown, more: object = {}) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const shown = pair && { cert: pair.certificate, key: pair.key! };
      const about = { host: '127.0.0.1', port: app.address.tlsPort!, path, ca, agent: false };
      request({ ...about, ...shown, ...more }, async (answer) => {
        let body = '';
        for await (const chunk of answer.setEncoding('utf8')) body += chunk;
        resolve({ status: answer.statusCode!, body });
      })
        .on('error', reject)
        .end();
    });
  const issue = (id: number, certificate: string | null = null) =>
    app.app.operations.issueCertificate({ id, days: 30, certificate, by: 'test' });
  return { ...app, ask, issue };
}

const path = '/channels/ol8/repodata/repomd.xml';

it('lets an instance read its channels with its certificate, until it gets another or is removed', async () => {
  const { ask, issue, register, app } = await scene();
  const machine = await register();
  expect((await ask(path)).status).toBe(401);
  const first = await issue(machine.id);
  expect(first).toMatchObject({
    instance: machine.id,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await ask(path, first)).status).toBe(200);
  expect((await ask('/channels/none/x', first)).status).toBe(404);
  const second = await issue(machine.id);
  expect((await ask(path, first)).status).toBe(401);
  expect((await ask(path, second)).status).toBe(200);
  await app.managed.instances.remove(machine.id, { actor: 'user:test' });
  expect((await ask(path, second)).status).toBe(401);
  await expect(issue(machine.id)).rejects.toMatchObject({ kind: 'not_found' });
  const audited = await app.managed.audit.query({ event: 'instance.certificate', limit: 10 });
  expect(audited).toHaveLength(2);
});

it('believes no certificate that its authority did not sign, whatever it says and whoever has it stored', async () => {
  const { ask, issue, register, app, config } = await scene();
  const machine = await register();
  await issue(machine.id);
  const foreign = createAuthority(createTlsFiles(dataPaths(join(await temporaryFolder(), 'x'))));
  const forged = await foreign.issue(String(machine.id), 30);
  expect((await ask(path, forged)).status).toBe(401);
  await app.managed.instances.setCertificate(machine.id, forged.sha256, 'test');
  expect((await ask(path, forged)).status).toBe(401);
  // Nor one of a server, which is no client's.
  const server = await createTlsFiles(dataPaths(config.data)).server();
  const own = { certificate: server!.slice(server!.indexOf('-----BEGIN CERT')), key: server! };
  expect((await ask(path, own)).status).toBe(401);
  // One that is not believed takes nothing from a password.
  const { basic } = machine;
  const headers = await basic();
  expect((await ask(path, forged, { headers })).status).toBe(200);
});

it('believes no certificate that has ended', async () => {
  const { ask, register, app, config } = await scene();
  const machine = await register();
  const files = createTlsFiles(dataPaths(config.data));
  const lastYear = createAuthority(files, () => Date.now() - 400 * 86_400_000);
  const ended = await lastYear.issue(String(machine.id), 30);
  await app.managed.instances.setCertificate(machine.id, ended.sha256, 'test');
  expect((await ask(path, ended)).status).toBe(401);
});

it.skipIf(!hasOpenssl)(
  'takes certificates of another authority that the configuration names',
  async () => {
    const folder = await temporaryFolder();
    const { ca, client } = await makeCertificates(folder);
    const { ask, issue, register } = await scene({ clientCa: ca });
    const machine = await register();
    const certificate = await readFile(client.cert, 'utf8');
    const pair = { certificate, key: await readFile(client.key, 'utf8') };
    expect((await ask(path, pair)).status).toBe(401);
    expect(await issue(machine.id, certificate)).toMatchObject({ key: null });
    expect((await ask(path, pair)).status).toBe(200);
    // Its own are good as well.
    const other = await register('web2');
    expect((await ask(path, await issue(other.id))).status).toBe(200);
    for (const text of ['', 'no certificate', await readFile(ca, 'utf8')]) {
      await expect(issue(machine.id, text)).rejects.toMatchObject({ kind: 'usage' });
    }
  },
);
