import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError, diskError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Commands } from './commands.ts';
import type { Operations } from './operations.ts';

/** One line of an answer: an event, or how the call ended. */
export type Line =
  | { event: unknown }
  | { result: unknown }
  | { error: { kind: string; message: string; hint: string | null } };

const mostBytes = 1024 * 1024;

/**
 * Answers the command line on a unix socket that only this user may open: `POST /<operation>` with the arguments as a
 * JSON list, and who asks in the header X-By; the answer is lines of JSON, events first. The socket's folder is the caller's
 * to make and remove.
 */
export async function openControlDoor(
  socket: string,
  commands: Commands,
  log: Log,
): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      log.error({ err: error }, 'control request failed');
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url?.slice(1) ?? '';
    const write = (line: Line) => response.write(`${JSON.stringify(line)}\n`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    // Tells the client at once that its request is being carried out.
    response.flushHeaders();
    try {
      const operations = commands(decodeURIComponent(String(request.headers['x-by'] ?? '?')));
      if (!Object.hasOwn(operations, name) || request.method !== 'POST')
        throw new AppError('usage', `no operation ${name}`);
      const args = JSON.parse(await bodyOf(request)) as unknown[];
      const call = operations[name as keyof Operations] as (...args: unknown[]) => unknown;
      // Those that tell of what happens meanwhile take whom to tell as their last argument.
      write({ result: (await call(...args, (event: unknown) => write({ event }))) ?? null });
    } catch (caught) {
      const error = diskError(caught, 'carrying this out');
      const known = error instanceof AppError ? error : undefined;
      if (!known) log.error({ err: error, operation: name }, 'operation failed');
      const message = known?.message ?? (error instanceof Error ? error.message : String(error));
      write({ error: { kind: known?.kind ?? 'internal', message, hint: known?.hint ?? null } });
    }
    response.end();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  await chmod(socket, 0o600);
  return server;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > mostBytes) throw new AppError('limit', 'the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
