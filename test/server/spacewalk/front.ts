import { request } from 'node:http';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { createLog } from '../../../src/base/log.ts';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import type { SpacewalkDoor } from '../../../src/server/spacewalk/door.ts';
import { spacewalkRoutes } from '../../../src/server/spacewalk/routes.ts';
import { readOnlyParam } from '../../../src/server/spacewalk/xmlrpc-decode.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** The door alone, with nothing behind it but what a test gives; its address, without a slash at the end. */
export async function startDoor(behind: Partial<SpacewalkDoor> = {}): Promise<string> {
  const door: Partial<SpacewalkDoor> = {
    log: createLog('silent'),
    clientAddress: () => '127.0.0.1',
    audit: { note: () => {} } as unknown as SpacewalkDoor['audit'],
    slowDown: {
      failed: async () => {},
      succeeded: () => {},
    } as unknown as SpacewalkDoor['slowDown'],
    ...behind,
  };
  const app = new Koa();
  app.use(spacewalkRoutes(door as SpacewalkDoor).routes());
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Sends bytes as they are, with a length unless `chunked`. */
export function send(
  url: string,
  {
    method = 'POST',
    headers = {},
    body = Buffer.alloc(0),
    chunked = false,
  }: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    chunked?: boolean;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = chunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const req = request(
      url,
      { method, agent: false, headers: { ...length, ...headers } },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('end', () => {
          resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(chunks) });
        });
      },
    );
    req.on('error', reject);
    if (method === 'POST') req.write(body);
    req.end();
  });
}

/** What an answer says: a result, or a fault. */
export function resultOf(answer: Answer): {
  result?: XmlRpcValue;
  fault?: { faultCode: number; faultString: string };
} {
  const text = answer.body.toString();
  const inside = /<methodResponse>(.*)<\/methodResponse>/s.exec(text)?.[1];
  if (inside === undefined) throw new Error(`${answer.status}: ${text}`);
  const fault = /^\s*<fault>(.*)<\/fault>\s*$/s.exec(inside)?.[1];
  if (fault === undefined) return { result: readOnlyParam(inside) };
  const value = readOnlyParam(`<params><param>${fault}</param></params>`);
  return { fault: value as { faultCode: number; faultString: string } };
}
