import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { fingerprintOf } from '../../../src/identity/api-keys.ts';
import { createOcids } from '../../../src/identity/ocid.ts';
import { createAsker } from '../../../src/server/asker.ts';
import { createAuthenticate } from '../../../src/server/osms/authenticate.ts';
import { createRequestBodies } from '../../../src/server/osms/request-body.ts';

export const newKey = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits });

const ocids = createOcids(Buffer.alloc(16, 7));
export const tenancy = ocids.of('tenancy', 1);
export const ada = ocids.of('user', 1);

/** What the door answered: the caller's name, or the reason why there is none. */
export interface Answered {
  status: number;
  body: {
    name?: string;
    by?: string;
    reason?: string;
    message?: string;
    url?: string;
    sent?: string;
  };
}

export interface Door {
  url: string;
  host: string;
  ada: { privateKey: KeyObject; keyId: string };
  /** Keys by fingerprint: all ada's. */
  keys: Map<string, KeyObject>;
  /** How many bodies were read. */
  read(): number;
  /** Sends a request byte for byte as it is told; headers in pairs. */
  send(
    method: string,
    url: string,
    about?: { headers?: [string, string][]; body?: string },
  ): Promise<Answered>;
}

/** A server that says who asks, and nothing else. Ada is its only user. */
export async function openDoor({ trusted = [] as string[] } = {}): Promise<Door> {
  const { privateKey, publicKey } = newKey();
  const fingerprint = fingerprintOf(publicKey);
  const keys = new Map([[fingerprint, publicKey]]);
  const asker = createAsker(() => trusted);
  const readBody = createRequestBodies({ most: () => 10_000, patience: () => 500 });
  let read = 0;
  const authenticate = createAuthenticate({
    ocids,
    users: { byOcid: (ocid) => (ocid === ada ? 'ada' : undefined) },
    apiKeys: { find: (user, print) => (user === 'ada' ? keys.get(print) : undefined) },
    tokens: {
      read: (secret) =>
        secret === 'good'
          ? { kind: 'user', name: 'bob', actor: 'user:bob', by: 'token', scopes: undefined }
          : undefined,
    },
    sessions: {
      read: (secret) =>
        secret === 'c'.repeat(64)
          ? { kind: 'user', name: 'eve', actor: 'user:eve', by: 'session', scopes: undefined }
          : undefined,
    },
  });
  const server = createServer(async (req, res) => {
    const { method = '', url = '', headers, rawHeaders } = req;
    let sent: Promise<Buffer> | undefined;
    const body = () => {
      read++;
      sent ??= readBody(req);
      return sent;
    };
    res.setHeader('content-type', 'application/json');
    try {
      const caller = await authenticate({
        ...{ method, url, headers, rawHeaders, body, asker: asker(req) },
      });
      const text = sent && (await sent).toString();
      const said = { name: caller.name, by: caller.by, url, sent: text };
      // The one list that is asked for.
      res.end(JSON.stringify(url.startsWith('/20190801/managedInstances?') ? [said] : said));
    } catch (error) {
      const known = error as AppError;
      res.statusCode = known.kind === 'unauthenticated' ? 401 : 400;
      res.setHeader('connection', 'close');
      const code = 'NotAuthenticated';
      const reason = known instanceof AppError ? known.detail?.reason : String(error);
      res.end(JSON.stringify({ code, message: known.message, reason }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    url: `http://${host}`,
    host,
    ada: { privateKey, keyId: `${tenancy}/${ada}/${fingerprint}` },
    keys,
    read: () => read,
    send: (method, url, { headers = [], body } = {}) =>
      new Promise((resolve, reject) => {
        const sending = request(
          { host: '127.0.0.1', port, method, path: url, headers: headers.flat(), setHost: false },
          (answer: IncomingMessage) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
            answer.on('end', () => {
              resolve({ status: answer.statusCode!, body: text === '' ? {} : JSON.parse(text) });
            });
          },
        );
        sending.on('error', reject);
        sending.end(body);
      }),
  };
}

interface Signing {
  method?: string;
  url?: string;
  body?: string;
  /** Names in the order in which they are signed. */
  covers?: string;
  /** Headers that are sent, by the name that they are sent with; undefined leaves one out. */
  headers?: Record<string, string | undefined>;
  key?: KeyObject;
  keyId?: string;
  algorithm?: string;
  version?: string;
}

/** The headers of a request that is signed by hand, in pairs, as it is sent if nobody tampers with it. */
export function signed(door: Door, about: Signing = {}): [string, string][] {
  const { method = 'GET', url = '/20190801/softwareSources', body } = about;
  const given: Record<string, string | undefined> = {
    'x-date': new Date().toUTCString(),
    host: door.host,
    ...(body !== undefined && {
      'content-length': String(Buffer.byteLength(body)),
      'content-type': 'application/json',
      'x-content-sha256': hash('sha256', body, 'base64'),
    }),
    ...about.headers,
  };
  const headers = Object.entries(given).filter((pair): pair is [string, string] => !!pair[1]);
  const ofBody = body === undefined ? '' : ' content-length content-type x-content-sha256';
  const covers = about.covers ?? `x-date (request-target) host${ofBody}`;
  const values = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  values.set('(request-target)', `${method.toLowerCase()} ${url}`);
  const text = covers
    .split(' ')
    .map((name) => `${name.toLowerCase()}: ${values.get(name.toLowerCase())}`)
    .join('\n');
  const signature = sign('sha256', Buffer.from(text), about.key ?? door.ada.privateKey);
  const params = [
    ...(about.version === '' ? [] : [`version="${about.version ?? '1'}"`]),
    `keyId="${about.keyId ?? door.ada.keyId}"`,
    `algorithm="${about.algorithm ?? 'rsa-sha256'}"`,
    `headers="${covers}"`,
    `signature="${signature.toString('base64')}"`,
  ];
  return [...headers, ['authorization', `Signature ${params.join(',')}`]];
}
