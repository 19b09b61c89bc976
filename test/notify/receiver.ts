import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** The body as JSON. */
  event: { id: string; event: string; at: string; about: Record<string, unknown> };
}

/** A local receiver of webhooks, which notes what it gets, and misbehaves when told to. */
export interface Receiver {
  url: string;
  received: Received[];
  /** Answers a request; by default with 204. */
  answer(received: Received, response: ServerResponse): unknown;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const got = { path: request.url!, headers: request.headers, body, event: JSON.parse(body) };
    receiver.received.push(got);
    receiver.answer(got, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  const receiver: Receiver = {
    url: `http://127.0.0.1:${address.port}/hook`,
    received: [],
    answer: (_, response) => response.writeHead(204).end(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  onTestFinished(receiver.close);
  return receiver;
}

/** What a receiver computes to compare: the documentation's recipe. */
export function signatureHolds({ headers, body }: Received, secret: string): boolean {
  const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
    String(headers['headwater-signature']),
  )!;
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex') === digest;
}
