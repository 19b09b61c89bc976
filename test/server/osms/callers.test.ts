import { request } from 'node:http';
import { connect } from 'node:net';
import {
  ConfigFileAuthenticationDetailsProvider,
  NoRetryConfigurationDetails,
  SimpleAuthenticationDetailsProvider,
} from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { readApi } from '../../../src/cli/api-section.ts';
import { newPair } from '../../identity/auth.ts';
import { refusalOf, startApi } from './sdk.ts';

type Api = Awaited<ReturnType<typeof startApi>>;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: { code?: string; message?: string; id?: string } & unknown[];
}

/** Asks by hand. */
function ask(
  api: Api,
  path: string,
  about: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = about;
  const typed = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sending = request(
      `${api.url}${path}`,
      { method, headers: { ...typed, ...headers } },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        res.on('end', () => {
          const { statusCode: status, headers: got } = res;
          resolve({ status: status!, headers: got, body: text === '' ? {} : JSON.parse(text) });
        });
      },
    );
    sending.on('error', reject);
    sending.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const groups = (api: Api) => `/20190801/managedInstanceGroups?compartmentId=${api.root}`;
const newGroup = (api: Api, displayName: string) => ({ displayName, compartmentId: api.root });
const create = (api: Api, client: OsManagementClient, name: string) =>
  client.createManagedInstanceGroup({ createManagedInstanceGroupDetails: newGroup(api, name) });
const list = (api: Api, client: OsManagementClient, displayName?: string) =>
  client.listManagedInstanceGroups({
    ...{ compartmentId: api.root, ...(displayName !== undefined && { displayName }) },
  });

const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
const tokenOf = async (api: Api, scopes: string[] = [], name = 'a') =>
  (
    await api.app.operations.createBearerToken({
      ...{ user: 'admin', name, scopes, expiresAt: ahead(60_000), by: 'root' },
    })
  ).token;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const refusals = async (api: Api) =>
  (await api.app.identity.audit.query({ event: 'api.refused', limit: 100 })).map(
    ({ subject, detail, result }) => [result, detail, subject].join(' | '),
  );

it('Who says nothing, or what is not so, gets 401 in the words of OCI, and the audit has it', async () => {
  const api = await startApi();
  const wrong = [
    ...[{}, { authorization: 'Basic YTpi' }, bearer('a'.repeat(64))],
    { authorization: 'Signature version="1",keyId="x"' },
    { cookie: `headwater_session=${'a'.repeat(64)}` },
  ];
  for (const headers of wrong) {
    const { status, headers: got, body } = await ask(api, groups(api), { headers });
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'NotAuthenticated' });
    expect(got['www-authenticate']).toContain('Signature');
    expect(got['opc-request-id']).toMatch(/^[0-9A-F]{32}$/);
  }
  // That there is no such path is not for everybody to know.
  expect((await ask(api, '/20190801/nothing')).status).toBe(401);
  const noted = (await refusals(api)).map((text) => text.replace(/^.*: /, '')).toSorted();
  // The same again within a minute is noted once.
  expect(noted).toEqual(['clock | ', 'nothing | ', 'nothing | ', 'session | ', 'token | ']);
});

it('Names that are not ASCII, and those with a plus, go through the query as they are', async () => {
  const api = await startApi();
  for (const name of ['größer c++', 'gtk+3 100%', '中文', 'a/b?c=d', "it's {so}"])
    await create(api, api.client, name);
  for (const name of ['größer c++', 'gtk+3 100%', '中文', 'a/b?c=d', "it's {so}"]) {
    const { items } = await list(api, api.client, name);
    expect(items.map((group) => group.displayName)).toEqual([name]);
  }
  expect((await list(api, api.client, 'gtk 3 100%')).items).toEqual([]);
});

it('A key that was removed, and those of a user who was, are good for nothing at once', async () => {
  const api = await startApi();
  const { operations } = api.app;
  await operations.addUser('ada', null, { by: 'root', groups: ['Administrators'] });
  const { publicKey, privateKey } = newPair();
  const added = await operations.addApiKey('ada', publicKey, { by: 'root' });
  const client = new OsManagementClient(
    {
      authenticationDetailsProvider: new SimpleAuthenticationDetailsProvider(
        ...([added.tenancy, added.userOcid, added.fingerprint, privateKey, null] as const),
      ),
    },
    { retryConfiguration: NoRetryConfigurationDetails },
  );
  client.endpoint = api.url;
  expect((await list(api, client)).items).toEqual([]);
  await operations.removeApiKey('ada', added.fingerprint, { by: 'root' });
  const refused = { status: 401, code: 'NotAuthenticated' };
  expect(await refusalOf(list(api, client))).toMatchObject(refused);
  await operations.addApiKey('ada', publicKey, { by: 'root' });
  expect((await list(api, client)).items).toEqual([]);
  await operations.removeUser('ada', { by: 'root' });
  expect(await refusalOf(list(api, client))).toMatchObject(refused);
  await operations.addUser('ada', null, { by: 'root', groups: ['Administrators'] });
  expect(await refusalOf(list(api, client))).toMatchObject(refused);
  client.close();
});

it('A token does what its user may, or less', async () => {
  const api = await startApi();
  const headers = bearer(await tokenOf(api));
  const path = '/20190801/managedInstanceGroups';
  const body = newGroup(api, 'web');
  expect((await ask(api, path, { method: 'POST', headers, body })).status).toBe(200);
  expect((await ask(api, groups(api), { headers })).body).toHaveLength(1);
  const reading = bearer(await tokenOf(api, ['read osms-managed-instance-groups'], 'b'));
  expect((await ask(api, groups(api), { headers: reading })).body).toHaveLength(1);
  const more = newGroup(api, 'db');
  const refused = await ask(api, path, { method: 'POST', headers: reading, body: more });
  expect(refused).toMatchObject({ status: 404, body: { code: 'NotAuthorizedOrNotFound' } });
  const other = `/20190801/managedInstances?compartmentId=${api.root}`;
  expect((await ask(api, other, { headers: reading })).status).toBe(404);
  await api.app.operations.revokeBearerToken('admin', 'a', { by: 'root' });
  expect((await ask(api, groups(api), { headers })).status).toBe(401);
});

it('A session asks as its user, for pages of this server alone', async () => {
  const api = await startApi();
  const password = 'correct horse';
  await api.app.operations.addUser('ada', password, { by: 'root', groups: ['Administrators'] });
  const own = { origin: api.url, 'sec-fetch-site': 'same-origin' };
  const body = { user: 'ada', password };
  const login = await ask(api, '/session', { method: 'POST', headers: own, body });
  const cookie = String(login.headers['set-cookie']).split(';')[0]!;
  expect((await ask(api, groups(api), { headers: { ...own, cookie } })).status).toBe(200);
  const path = '/20190801/managedInstanceGroups';
  const make = (headers: Record<string, string>, name: string) =>
    ask(api, path, { method: 'POST', headers: { ...headers, cookie }, body: newGroup(api, name) });
  expect((await make(own, 'web')).status).toBe(200);
  for (const headers of [
    {},
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ])
    expect((await make(headers as Record<string, string>, 'db')).status).toBe(401);
  const entries = await api.app.identity.audit.query({
    event: 'api.createManagedInstanceGroup',
    limit: 9,
  });
  expect(entries.map((e) => e.actor)).toEqual(['user:ada']);
});

it('One caller who asks too often waits, and nobody else does', async () => {
  const rates = { rate: 0.5, address_rate: 1000 };
  const api = await startApi([], { api: readApi(rates) });
  const headers = bearer(await tokenOf(api));
  const statuses = await Promise.all(
    Array.from({ length: 12 }, async () => (await ask(api, groups(api), { headers })).status),
  );
  // Five are ten seconds' worth; one more may have become due meanwhile.
  expect(statuses.filter((status) => status === 200).length).toBeLessThan(8);
  const refused = await ask(api, groups(api), { headers });
  expect(refused).toMatchObject({ status: 429, body: { code: 'TooManyRequests' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  await api.app.operations.addUser('ada', null, { by: 'root', groups: ['Administrators'] });
  const { token } = await api.app.operations.createBearerToken({
    ...{ user: 'ada', name: 'a', scopes: [], expiresAt: ahead(60_000), by: 'root' },
  });
  expect((await ask(api, groups(api), { headers: bearer(token) })).status).toBe(200);
});

it('One address that asks too often is refused before anything is looked at, the login too', async () => {
  const api = await startApi([], { api: readApi({ address_rate: 0.5 }) });
  const statuses = [];
  for (let i = 0; i < 8; i++) statuses.push((await ask(api, groups(api))).status);
  expect(statuses).toEqual(expect.arrayContaining([401, 429]));
  expect(statuses.at(-1)).toBe(429);
  const headers = { origin: api.url };
  const login = await ask(api, '/session', { method: 'POST', headers, body: {} });
  expect(login).toMatchObject({ status: 429, body: { code: 'TooManyRequests' } });
  expect(login.headers['retry-after']).toBeDefined();
});

/** Sends a text and gives what comes back until the server ends the connection, and how long that took. */
function talk(api: Api, text: string): Promise<{ text: string; ms: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (chunk) => (said += chunk));
    socket.on('close', () => resolve({ text: said, ms: performance.now() - started }));
  });
}

it('The body of a stranger is not waited for, that of a caller not for long, and neither beyond the limit', async () => {
  const api = await startApi([], { api: readApi({ body: '10KiB', patience: '1s' }) });
  const head = (headers: Record<string, string>, length: number) =>
    [
      `POST /20190801/managedInstanceGroups HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'Content-Type: application/json\r\n\r\n{',
    ].join('\r\n');
  const stranger = await talk(api, head({}, 1000));
  expect(stranger.text).toMatch(/^HTTP\/1.1 401 /);
  expect(stranger.ms).toBeLessThan(900);
  const headers = bearer(await tokenOf(api));
  const slow = await talk(api, head(headers, 1000));
  expect(slow.text).toMatch(/^HTTP\/1.1 408 .*"RequestTimeout"/s);
  expect(slow.ms).toBeLessThan(5000);
  const large = await talk(api, head(headers, 10_241));
  expect(large.text).toMatch(/^HTTP\/1.1 413 .*"PayloadTooLarge"/s);
});

it('No secret gets into the log or the audit', async () => {
  const api = await startApi();
  const token = await tokenOf(api);
  await ask(api, groups(api), { headers: bearer(token) });
  await ask(api, groups(api), { headers: bearer(`${token}x`) });
  await list(api, api.client);
  const provider = new ConfigFileAuthenticationDetailsProvider(
    (await api.app.operations.initialiseAdministrator()).profileFile,
  );
  const written = JSON.stringify([api.logged, await api.app.identity.audit.query({ limit: 1000 })]);
  expect(written).not.toContain(token);
  expect(written).not.toContain(provider.getPrivateKey().split('\n')[5]);
});
