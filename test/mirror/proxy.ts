import { createServer as createHttpServer, request } from 'node:http';
import { connect, type Server } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** Listens on a port of its own until the test is over. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as { port: number }).port;
}

/** A proxy that knows GET of whole URLs and CONNECT, takes every host for this machine, and notes what it is asked. */
export async function startProxy() {
  const asked: string[] = [];
  const note = (what: string, authorization: string | undefined) =>
    asked.push(authorization ? `${what} as ${atob(authorization.split(' ')[1]!)}` : what);
  const server = createHttpServer((incoming, response) => {
    const url = new URL(incoming.url!);
    note(`GET ${url.host}${url.pathname}`, incoming.headers['proxy-authorization']);
    const options = { host: '127.0.0.1', port: url.port, path: url.pathname };
    request({ ...options, headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (incoming, socket) => {
    note(`CONNECT ${incoming.url}`, incoming.headers['proxy-authorization']);
    const upstream = connect(Number(incoming.url!.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [upstream, socket]) {
      one.on('error', () => {});
      onTestFinished(() => void one.destroy());
    }
  });
  onTestFinished(() => server.closeAllConnections());
  return { asked, port: await listen(server) };
}

/** The proxy variables for one test; those not given are empty. */
export function setProxies(values: Record<string, string>): void {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY']) {
    vi.stubEnv(name, values[name] ?? '');
    vi.stubEnv(name.toLowerCase(), '');
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}
