import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { escaped } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { type Answer, resultOf, send } from './front.ts';
import { areThere, type Recorded, recordings } from './recorded.ts';
import { password, type Registered, type Running, startManaged } from './running.ts';
import { differences, shapeOf } from './shape.ts';

/** Recorded answers that ours are not like, by the exchange, and why. */
const deviations: [RegExp, string][] = [
  [/^25-redirect-post\//, 'this server sends nobody elsewhere'],
  [
    /^28-channel-keys\//,
    'the recording server left members out, or gave them other types, to see what clients do',
  ],
  [/^29-login-keys\//, 'the recording server left members of the token out'],
  [
    /^30-login-with-user-id\/0454/,
    'the recording server gave the id as a string once, else as a number',
  ],
  [/^36-http-errors\//, 'the recording server answered with errors of HTTP'],
];

/** Recorded faults that the recording server was told to give: here nothing is wrong with the call. */
const provoked = /^(20-fault-register|31-fault-at-run|34-unregister)\//;

/** Methods that this server does not have: for configuration files, at another address. */
const unsupported = /^config\./;

interface Session {
  machine: Registered;
  token: Record<string, string>;
  sessionKey: string;
  action: number;
  /** Of the last action that was about one. */
  advisory: number;
}

const compared = new Map<string, number>();
let server: Running;

it.skipIf(!areThere)(
  'Every call and download that was recorded with the real clients is answered alike',
  async () => {
    server = await startManaged();
    const failures: string[] = [];
    for (const { folder, exchanges } of recordings()) {
      const registered = await server.register({ profile_name: folder });
      const token = await server.token(registered.systemid);
      const session: Session = {
        machine: registered,
        token,
        sessionKey: '',
        action: 0,
        advisory: 0,
      };
      for (const exchange of exchanges) {
        const replay = exchange.verb === 'POST' ? replayCall : replayDownload;
        await replay(session, exchange).catch((error) => {
          failures.push(`${exchange.name} ${exchange.method ?? exchange.path}: ${error.message}`);
        });
      }
    }
    expect(failures).toEqual([]);
    const methods = recordings().flatMap((r) => r.exchanges.flatMap((e) => e.method ?? []));
    const missing = [...new Set(methods)].filter((m) => !compared.has(m) && !unsupported.test(m));
    expect(missing).toEqual([]);
    expect([...compared.values()].reduce((a, b) => a + b)).toBeGreaterThan(500);
  },
  240_000,
);

async function replayCall(session: Session, exchange: Recorded): Promise<void> {
  const { name, method = '', path, status, headers, response } = exchange;
  if (unsupported.test(method)) return;
  const wasFault = response.includes('<fault>');
  if (wasFault && provoked.test(name)) {
    expect(shapeOf(response), name).toEqual(fault);
    compared.set(method, (compared.get(method) ?? 0) + 1);
    return;
  }
  await prepare(session, exchange);
  const answer = await send(`${server.url}${path}`, sendable(exchange, request(session, exchange)));
  const about = `${name} ${method}: ${answer.body}`;
  expect(answer.status, about).toBe(200);
  expect(answer.headers['content-type'], about).toBe('text/xml');
  expect(answer.headers['content-length'], about).toBe(String(answer.body.length));
  learn(session, method, answer);
  if (deviations.some(([which]) => which.test(name))) return;
  expect(status, name).toBe(200);
  const recorded = response.replaceAll(/^[0-9a-f]+\r?\n|\r?\n0\r?\n$/g, '');
  expect(differences(shapeOf(recorded), shapeOf(answer.body.toString())), about).toEqual([]);
  compared.set(method, (compared.get(method) ?? 0) + 1);
  // What this server can is something that the recording one could too.
  const known = headers.get('x-rhn-server-capability')?.split(/, ?/);
  if (known && known.length > 10) {
    for (const entry of String(answer.headers['x-rhn-server-capability']).split(','))
      expect(known, name).toContain(entry);
  }
}

const fault = { fault: { faultCode: 'int', faultString: 'string' } };

/** Brings the server to where the recording one was. */
async function prepare(session: Session, { name, method, response }: Recorded): Promise<void> {
  const { id } = session.machine;
  const create = (kind: string, params: object, about = {}) =>
    server.app.operations.createActions([id], { kind, params, ...about }, 'test');
  if (method === 'queue.get' && response.includes('<name>action</name>')) {
    if (response.includes('errata.update'))
      await create('errata.update', { advisories: ['ELSA-2026-1'] });
    else await create('packages.refresh_list', {});
  }
  if (method === 'queue.get_future_actions' && response.includes('<name>action</name>')) {
    const packages = [
      { name: 'withepoch', version: '3.0', release: '1', epoch: '', arch: 'noarch' },
    ];
    const earliestAt = new Date(Date.now() + 3_600_000).toISOString();
    await create('packages.update', { packages }, { earliestAt });
  }
  if (method === 'up2date.subscribeChannels' && !response.includes('<fault>')) {
    const labels = ['ol8_addons'];
    await server.app.operations
      .detachSources({ instance: id, group: null, labels, by: 'test' })
      .catch((error) => expect(error, name).toMatchObject({ kind: 'not_found' }));
  }
  if (method === 'system.listChildChannels') {
    await server.app.operations.detachSources({
      instance: id,
      group: null,
      labels: ['ol8_addons'],
      by: 'test',
    });
  }
}

/** The recorded request, about our instance. */
function request(session: Session, { method, request: text }: Recorded): string {
  const { systemid, id } = session.machine;
  const said = text
    .replaceAll(
      /<string>&lt;\?xml version.*?&lt;\/params&gt;\n?<\/string>/gs,
      `<string>${escaped(systemid)}</string>`,
    )
    .replaceAll('<string>secret</string>', `<string>${password}</string>`)
    .replaceAll(/<string>1-(stubkey|empty)<\/string>/g, `<string>${server.key}</string>`)
    .replaceAll('<string>session-key-1</string>', `<string>${session.sessionKey}</string>`);
  if (method === 'system.listChildChannels') return said.replace(/<int>\d+</, `<int>${id}<`);
  if (method === 'queue.submit') return said.replace(/<int>\d+</, `<int>${session.action}<`);
  if (method === 'errata.getErrataInfo')
    return said.replace(/<int>\d+</, `<int>${session.advisory}<`);
  return said;
}

function sendable({ requestHeaders }: Recorded, text: string) {
  const headers: Record<string, string> = {};
  for (const [name, value] of requestHeaders) {
    if (!/^(host|content-length|connection)$/.test(name))
      headers[name] = value.replace('@VERSION@', '2.11.0');
  }
  const encoding = headers['content-encoding'];
  const packed = encoding?.includes('gzip')
    ? gzipSync(text)
    : encoding
      ? deflateSync(text)
      : Buffer.from(text);
  const inBase64 = headers['content-transfer-encoding'] === 'base64';
  return { headers, body: inBase64 ? packed.toString('base64') : packed };
}

function learn(session: Session, method: string, answer: Answer): void {
  const { result } = resultOf(answer);
  if (method === 'auth.login' && typeof result === 'string') session.sessionKey = result;
  if (method === 'queue.get' && typeof result === 'object' && 'id' in result) {
    session.action = Number(result.id);
    const advisory = /errata\.update.*<int>(\d+)<\/int>/s.exec(String(result.action));
    session.advisory = Number(advisory?.[1] ?? 0);
  }
}

const xmlOf = (body: Buffer) => (body[0] === 0x1f ? gunzipSync(body) : body).toString();

async function replayDownload(session: Session, exchange: Recorded): Promise<void> {
  const { name, path, status, requestHeaders } = exchange;
  const recorded = /^\/XMLRPC\/([^/]+)\/([^/]+)\/(.+)$/.exec(path);
  // A mirror's address that the recording server redirected to; what old up2date reads.
  if (!recorded || /^(listPackages|getObsoletes|getPackageHeader)\//.test(recorded[3]!)) return;
  const [, door, label, file] = recorded;
  const url = `${server.url}/XMLRPC/${door}/${label}/`;
  const own = /^repodata\/(?!repomd)(\w+)\./.exec(file!)?.[1];
  const at = own
    ? await document(`${url}repodata/repomd.xml`, session.token, own)
    : file!
        .replace('-1.el8.', '-1.')
        .replace('0.5-2.el8', '0.5-1')
        .replace('2.0-3.el8.x86_64', '2.0-1.noarch');
  // Of kinds that these repositories do not have.
  if (!at) return;
  const headers: Record<string, string> = {};
  for (const [header, value] of requestHeaders) {
    if (/^(user-agent|cache-control|pragma|range|x-rhn-transport-capability)$/.test(header))
      headers[header] = value;
  }
  const rejected = status === 401;
  const token = rejected ? { ...session.token, 'X-RHN-Auth-Server-Time': '1.0' } : session.token;
  const answer = await send(url + at, { method: 'GET', headers: { ...headers, ...token } });
  // Where that one redirected to a mirror, this one serves.
  expect(answer.status, `${name} ${at}`).toBe(status === 302 ? 200 : status);
  expect(String(answer.headers['cache-control']), name).toMatch(/^(private|no-store)/);
  if (rejected) {
    expect(answer.headers['x-rhn-fault-code'], name).toMatch(/^-3[34]$/);
    const text = Buffer.from(
      String(answer.headers['x-rhn-fault-string']).replaceAll(', ', ''),
      'base64',
    );
    expect(text.toString(), name).toContain('Error Message:');
  } else if (answer.status < 300) {
    expect(answer.body.length, name).toBeGreaterThan(0);
    if (at.startsWith('repodata/')) expect(xmlOf(answer.body), name).toMatch(/^<\?xml/);
  }
}

/** Where our repository has the document that another has at a name of its own. */
async function document(repomd: string, headers: Record<string, string>, name: string) {
  const { body } = await send(repomd, { method: 'GET', headers });
  const type = new RegExp(`<data type="${name}">.*?<location href="([^"]+)"`, 's');
  return type.exec(body.toString())?.[1];
}
