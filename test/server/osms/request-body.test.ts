import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { createRequestBodies } from '../../../src/server/osms/request-body.ts';

/** A server that says how long a body is, or why it was not taken. */
async function open({
  most = 1000,
  patience = 300,
} = {}): Promise<{ port: number; said: string[] }> {
  const read = createRequestBodies({ most: () => most, patience: () => patience });
  const said: string[] = [];
  const server = createServer(async (req, res) => {
    const text = await read(req).then(
      (body) => `${body.length} bytes`,
      (error) => String(error instanceof AppError ? (error.detail?.code ?? error.kind) : error),
    );
    said.push(text);
    if (!req.complete) res.setHeader('connection', 'close');
    res.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, said };
}

/** Sends a text and gives what comes back until the server ends the connection, and how long that took. */
function talk(port: number, use: (socket: Socket) => void): Promise<{ text: string; ms: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => use(socket));
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve({ text, ms: performance.now() - started }));
  });
}

const head = (length: number) =>
  `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
const chunkedHead =
  'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';

it('Bodies up to the limit are read whole, announced or in chunks, or absent', async () => {
  const { port } = await open();
  const whole = await talk(port, (s) => s.write(head(1000) + 'x'.repeat(1000)));
  expect(whole.text).toContain('1000 bytes');
  const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`;
  const chunks = await talk(port, (s) => s.write(`${chunkedHead}${chunk}${chunk}0\r\n\r\n`));
  expect(chunks.text).toContain('1000 bytes');
  expect((await talk(port, (s) => s.write(head(0)))).text).toContain('0 bytes');
});

it('One that is announced as too large is refused before it comes', async () => {
  const { port } = await open({ patience: 10_000 });
  const { text, ms } = await talk(port, (s) => s.write(head(1001)));
  expect(text).toContain('PayloadTooLarge');
  expect(ms).toBeLessThan(2000);
});

it('One that grows too large is cut off as soon as it has', async () => {
  const { port } = await open({ patience: 10_000 });
  const { text, ms } = await talk(port, (s) => {
    s.write(chunkedHead);
    const timer = setInterval(() => s.write(`1f4\r\n${'x'.repeat(500)}\r\n`), 10);
    s.on('close', () => clearInterval(timer));
  });
  expect(text).toContain('PayloadTooLarge');
  expect(ms).toBeLessThan(2000);
});

it('One that drips, and one that stops, are cut off when their time is over', async () => {
  const { port } = await open({ patience: 300 });
  const drip = talk(port, (s) => {
    s.write(head(900));
    const timer = setInterval(() => s.write('x'), 20);
    s.on('close', () => clearInterval(timer));
  });
  const stop = talk(port, (s) => s.write(`${head(900)}x`));
  for (const { text, ms } of await Promise.all([drip, stop])) {
    expect(text).toContain('RequestTimeout');
    expect(ms).toBeGreaterThan(250);
    expect(ms).toBeLessThan(3000);
  }
});

it('Of more than may be there at once, large ones are refused and small ones are not', async () => {
  const before = limits.requestBodies;
  onTestFinished(() => {
    limits.requestBodies = before;
  });
  limits.requestBodies = 150_000;
  const { port, said } = await open({ most: 200_000, patience: 2000 });
  const waiting = talk(port, (s) => s.write(head(120_000) + 'x'.repeat(119_999)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const large = await talk(port, (s) => s.write(head(120_000) + 'x'.repeat(120_000)));
  expect(large.text).toContain('TooManyRequests');
  const little = await talk(port, (s) => s.write(head(1000) + 'x'.repeat(1000)));
  expect(little.text).toContain('1000 bytes');
  await waiting;
  const later = await talk(port, (s) => s.write(head(120_000) + 'x'.repeat(120_000)));
  expect(later.text).toContain('120000 bytes');
  expect(said).toHaveLength(4);
});

it('Who hangs up in the middle is no error of the server', async () => {
  const { port, said } = await open({ patience: 10_000 });
  await talk(port, (s) => {
    s.write(`${head(900)}x`);
    setTimeout(() => s.destroy(), 50);
  });
  await expect.poll(() => said).toEqual(['cancelled']);
});
