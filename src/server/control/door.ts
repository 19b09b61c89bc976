import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError, diskError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Operations } from './operations.ts';
import { timeCalls } from './time.ts';

/** One line of an answer: an event, or how the call ended. */
export type Line =
  | { event: unknown }
  | { result: unknown }
  | { error: { kind: string; message: string; hint: string | null } };

const mostBytes = 1024 * 1024;

/**
 * Answers the command line on a unix socket that only this user may open: `POST /<operation>` with the arguments as a
 * JSON list; the answer is lines of JSON, events first. The socket's folder is the caller's to make and remove.
 */
export async function openControlDoor(
  socket: string,
  operations: Operations,
  log: Log,
): Promise<Server> {
  const calls: Record<
    string,
    (args: unknown[], onEvent: (e: unknown) => void) => Promise<unknown>
  > = {
    listSources: () => operations.listSources(),
    showSource: ([label]) => operations.showSource(String(label)),
    addSource: ([definition]) => operations.addSource(definition),
    removeSource: ([label]) => operations.removeSource(String(label)),
    pauseSource: ([label]) => operations.pauseSource(String(label)),
    resumeSource: ([label]) => operations.resumeSource(String(label)),
    setSourceUrls: ([label, urls]) => operations.setSourceUrls(String(label), urls as string[]),
    sync: ([request], onEvent) =>
      operations.sync(request as Parameters<Operations['sync']>[0], onEvent),
    cancelSync: ([labels]) => operations.cancelSync(labels as string[]),
    verifySource: ([label, options], onEvent) =>
      operations.verifySource(String(label), options as { repair: boolean }, onEvent),
    setFilters: ([label, filters]) => operations.setFilters(String(label), filters as unknown[]),
    diff: ([before, after]) => operations.diff(String(before), String(after)),
    rebuildCatalogue: (_, onEvent) => operations.rebuildCatalogue(onEvent),
    gc: ([request], onEvent) => operations.gc(request as { dryRun: boolean }, onEvent),
    doctor: () => operations.doctor(),
    checkSource: ([request]) =>
      operations.checkSource(request as Parameters<Operations['checkSource']>[0]),
    initialise: () => operations.initialise(),
    listKeys: () => operations.listKeys(),
    rotateKey: () => operations.rotateKey(),
    retireKey: ([fingerprint]) => operations.retireKey(String(fingerprint)),
    exportKeys: () => operations.exportKeys(),
    ...timeCalls(operations),
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      log.error({ err: error }, 'control request failed');
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url?.slice(1) ?? '';
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
    const write = (line: Line) => response.write(`${JSON.stringify(line)}\n`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    // Tells the client at once that its request is being carried out.
    response.flushHeaders();
    try {
      if (!call || request.method !== 'POST') throw new AppError('usage', `no operation ${name}`);
      const args = JSON.parse(await bodyOf(request)) as unknown[];
      write({ result: (await call(args, (event) => write({ event }))) ?? null });
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
