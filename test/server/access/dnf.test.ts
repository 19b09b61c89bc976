import { readFile, writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/app.ts';
import { createDnfOf } from '../../support/dnf.ts';
import { buildRpm, createRepository } from '../../support/rpm-repository.ts';
import { createGpg, makeKey, signRpm } from '../../support/rpm-signing.ts';
import { hasCreaterepo, hasDnf, hasRpmSigning } from '../../support/tools.ts';
import { startRegistered } from './registered.ts';

const places = {
  ca: '/usr/share/rhn/RHN-ORG-TRUSTED-SSL-CERT',
  certificate: '/etc/pki/headwater/instance.pem',
  key: '/etc/pki/headwater/instance.key',
};

/** A repository with a signed package, on a server that has it for instances alone, over HTTP and HTTPS. */
async function scene() {
  const folder = await temporaryFolder();
  const repository = join(folder, 'repository');
  const gpg = await createGpg();
  const vendor = await makeKey(gpg);
  await buildRpm(repository, 'weir', '1.0');
  await signRpm(gpg, join(repository, 'Packages/weir-1.0-1.noarch.rpm'), vendor);
  await createRepository(repository);
  const listen = { host: '127.0.0.1', port: 0 };
  const app = await startRegistered(
    [{ label: 'river', upstream: `file:${repository}/`, gpg_keys: [vendor.armored] }],
    {
      defaults: [{ release: undefined, arch: undefined, sources: ['river'] }],
      tls: { listen, files: undefined, ca: undefined, clientCa: undefined, only: false },
    },
  );
  const machine = await app.register();
  const ca = join(folder, 'ca.pem');
  const pem = await (await fetch(`${app.url}/pub/RHN-ORG-TRUSTED-SSL-CERT`)).text();
  await writeFile(ca, pem);
  const port = app.address.tlsPort!;
  /** The instance's own .repo file over HTTPS. */
  const own = (options: RequestOptions) =>
    new Promise<string>((resolve, reject) => {
      const path = '/instances/self/headwater.repo';
      request({ host: '127.0.0.1', port, path, ca: pem, agent: false, ...options }, async (a) => {
        let body = '';
        for await (const chunk of a.setEncoding('utf8')) body += chunk;
        resolve(body);
      })
        .on('error', reject)
        .end();
    });
  /** Installs the package with nothing but this file, and reads what it put there. */
  async function install(name: string, repoFile: string): Promise<string> {
    const dnf = await createDnfOf(join(folder, name), repoFile);
    const root = join(folder, `${name}-root`);
    await dnf('install', `--installroot=${root}`, 'weir');
    return readFile(join(root, 'usr/share/weir/version'), 'utf8');
  }
  return { folder, app, machine, ca, own, install };
}

it.skipIf(!hasDnf || !hasCreaterepo || !hasRpmSigning)(
  'a real dnf installs with the .repo file that the server wrote for its instance, by password and by certificate, and not without',
  async () => {
    const { folder, app, machine, ca, own, install } = await scene();
    const headers = await machine.basic();
    const plain = String((await app.get('/instances/self/headwater.repo', headers)).body);
    expect(plain).toContain('gpgcheck=1');
    expect(plain).toContain(`gpgkey=${app.url}/keys/river.asc`);
    expect(await install('http', plain)).toBe('1.0\n');

    const secure = await own({ headers });
    expect(secure).toContain(`baseurl=https://127.0.0.1:${app.address.tlsPort}/channels/river/`);
    expect(secure).toContain(`sslcacert=${places.ca}\n`);
    expect(await install('https', secure.replaceAll(places.ca, ca))).toBe('1.0\n');

    const { certificate, key } = await app.app.operations.issueCertificate({
      ...{ id: machine.id, days: 30, certificate: null, by: 'test' },
    });
    const byCertificate = await own({ cert: certificate, key: key! });
    expect(byCertificate).toContain(`sslclientcert=${places.certificate}\n`);
    expect(byCertificate).not.toMatch(/username|password/);
    const files = { certificate: join(folder, 'instance.pem'), key: join(folder, 'instance.key') };
    await writeFile(files.certificate, certificate);
    await writeFile(files.key, key!, { mode: 0o600 });
    const local = byCertificate
      .replaceAll(places.ca, ca)
      .replaceAll(places.certificate, files.certificate)
      .replaceAll(places.key, files.key);
    expect(await install('certificate', local)).toBe('1.0\n');

    const anonymous = plain.replace(/^(username|password)=.*\n/gm, '');
    await expect(install('anonymous', anonymous)).rejects.toThrow(/401/);
    const untrusting = secure.replace(/^sslcacert=.*\n/gm, '');
    await expect(install('untrusting', untrusting)).rejects.toThrow(/SSL|certificate/);
    await app.app.managed.instances.remove(machine.id, { actor: 'user:test' });
    await expect(install('removed', plain)).rejects.toThrow(/401/);
    await expect(install('removed-certificate', local)).rejects.toThrow(/401/);
  },
  120_000,
);
