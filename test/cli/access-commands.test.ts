import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace, fixture } from './headwater.ts';

interface Own {
  fingerprint: string;
  names: string[];
  notAfter: string;
  made: { authority: boolean; server: boolean };
  url: string;
}

it('`init --tls` makes an authority and a certificate for the server once, and says what clients compare', async () => {
  const place = await createPlace('public_url: https://yum.example.test:8443\nmin_free: 1MB\n');
  const name = ['--name', 'alias.example.test', '--name', '192.0.2.10'];
  const first = await place.json<{ tls: Own }>('init', '--tls', ...name);
  expect(first.value.tls).toMatchObject({
    names: ['alias.example.test', '192.0.2.10', 'yum.example.test'],
    made: { authority: true, server: true },
    url: 'https://yum.example.test:8443/pub/RHN-ORG-TRUSTED-SSL-CERT',
  });
  const ca = new X509Certificate(await readFile(join(place.folder, 'data/tls/ca.pem')));
  expect(first.value.tls.fingerprint).toBe(ca.fingerprint256);
  const again = await place.run('init', '--tls');
  expect(again.code).toBe(0);
  expect(again.stderr).toContain(
    `There is a certificate authority:\n  SHA-256 ${ca.fingerprint256}`,
  );
  expect(again.stderr).toContain('add to the configuration:  tls: {}');
  const none = await place.run('init', '--name', 'a.test');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--name is for --tls')]);
  const wrong = await place.run('init', '--tls', '--name', 'no name');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('"no name" is no name')]);
});

it('`token rotate` works with and without a server', async () => {
  const place = await createPlace('min_free: 1MB\nfleet: { token_lifetime: 2h }\n');
  expect((await place.json('token', 'rotate')).value).toEqual({ lifetime: 7_200_000 });
  await place.serve();
  const { code, stdout } = await place.run('token', 'rotate');
  expect([code, stdout]).toEqual([0, expect.stringContaining('good for 120 minutes at most')]);
});

it('`instance certificate` refuses what is no instance, and says what is wrong with the rest', async () => {
  const place = await createPlace('min_free: 1MB\n');
  const out = join(place.folder, 'out');
  const of = async (...args: string[]) => {
    const { code, stderr } = await place.run('instance', 'certificate', ...args);
    return { code, stderr };
  };
  expect(await of('1000010000', '--out', out)).toEqual({
    code: 1,
    stderr: expect.stringContaining('there is no instance 1000010000'),
  });
  for (const args of [
    ['web1'],
    ['1000010000', '--days', '0'],
    ['1000010000', '--file', join(place.folder, 'absent')],
    ['1000010000', '--file', place.file],
    ['1000010000', '--file', place.file, '--out', out],
  ]) {
    const { code, stderr } = await of(...args);
    expect([code, stderr.length > 20], args.join(' ')).toEqual([2, true]);
  }
  await expect(stat(join(out, 'instance.key'))).rejects.toThrow('ENOENT');
});

it('A machine that registered reads its channels with what the commands gave it', async () => {
  const place = await createPlace(`min_free: 1MB
channels: { access: registered }
tls: { listen: "127.0.0.1:0" }
sources: [ { label: ol8, upstream: "${fixture('ol8')}" } ]
`);
  const server = await place.serve();
  expect((await place.run('sync', 'ol8')).code).toBe(0);
  const { value } = await place.json<{ key: string }>(
    ...['key', 'create', '--name', 'web', '--sources', 'ol8'],
  );
  const members = {
    profile_name: 'web1',
    os_release: '8',
    release_name: 'oraclelinux-release',
    architecture: 'x86_64',
    token: value.key,
  };
  const struct = Object.entries(members).map(
    ([n, v]) => `<member><name>${n}</name><value><string>${v}</string></value></member>`,
  );
  const answer = await fetch(`${server.url}/XMLRPC`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version='1.0'?><methodCall><methodName>registration.new_system</methodName><params><param><value><struct>${struct.join('')}</struct></value></param></params></methodCall>`,
  });
  const id = /ID-(\d+)/.exec(await answer.text())![1]!;

  const { value: secret } = await place.json<{ password: string }>('instance', 'credential', id);
  const path = '/channels/ol8/repodata/repomd.xml';
  const Authorization = `Basic ${Buffer.from(`${id}:${secret.password}`).toString('base64')}`;
  expect((await fetch(server.url + path, { headers: { Authorization } })).status).toBe(200);
  expect((await fetch(server.url + path)).status).toBe(401);

  const out = join(place.folder, 'out');
  const issued = await place.json<object>('instance', 'certificate', id, '--out', out);
  expect(issued).toMatchObject({ code: 0, value: { instance: Number(id) } });
  expect(JSON.stringify(issued.value)).not.toContain('BEGIN');
  expect((await stat(join(out, 'instance.key'))).mode & 0o777).toBe(0o600);
  const port = server.logged().find((line) => line.msg === 'listening')!.tlsPort as number;
  const options = {
    ...{ host: '127.0.0.1', port, path, agent: false },
    ca: await readFile(join(place.folder, 'data/tls/ca.pem')),
    cert: await readFile(join(out, 'instance.pem')),
    key: await readFile(join(out, 'instance.key')),
  };
  const [read] = (await once(get(options), 'response')) as [IncomingMessage];
  expect(read.statusCode).toBe(200);
  read.resume();
  const shown = await place.run('instance', 'certificate', id);
  expect(shown.stdout).toMatch(/-----BEGIN CERTIFICATE-----[\s\S]*-----BEGIN PRIVATE KEY-----/);
  const audit = await place.json<{ event: string }[]>('audit', '--instance', id);
  expect(audit.value.filter((a) => a.event === 'instance.certificate')).toHaveLength(2);
  expect(await server.stop()).toBe(0);
});
