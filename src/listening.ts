import type { Server } from 'node:http';
import { AppError, explain } from './base/errors.ts';

/** Makes a server listen; gives the port, which the system chose if 0 was asked for. Throws AppError 'config'. */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** How long answers may take to finish once the server is told to stop, in milliseconds. */
const drainTime = 20_000;

/** Takes no new connection, lets answers finish, then closes what is left. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 200);
  const late = setTimeout(() => server.closeAllConnections(), drainTime);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

function cannotListen(host: string, port: number, error: Error): AppError {
  return new AppError('config', `cannot listen on ${host}:${port} (${explain(error)})`, {
    cause: error,
    hint: 'another program may use that port: choose another with --listen',
  });
}
