import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** What a fault does with a request: answers it, or gives false to let it be served as usual. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>;

/** A local HTTP upstream that serves a folder, counts what it is asked for, and misbehaves when told to. */
export interface TestUpstream {
  /** With a slash at the end. */
  url: string;
  /** Paths asked for, in order. */
  requests: string[];
  /** The fault to commit from now on; undefined for none. */
  fault: Fault | undefined;
  /** Serves another folder from now on. */
  folder: string;
  close(): Promise<void>;
}

/** Starts an upstream on a port of its own, closed when the test is over. Knows If-None-Match and If-Modified-Since, as real ones do. */
export async function serveFolder(folder: string): Promise<TestUpstream> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const upstream: TestUpstream = {
    url: `http://127.0.0.1:${port}/`,
    requests: [],
    fault: undefined,
    folder,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url!, upstream.url).pathname);
    upstream.requests.push(path);
    if (upstream.fault && (await upstream.fault(request, response))) return;
    const file = join(upstream.folder, path);
    const info = await stat(file).catch(() => undefined);
    if (!info?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html>not found</html>');
      return;
    }
    const etag = `"${info.mtimeMs}-${info.size}"`;
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, {
      etag,
      'content-length': info.size,
      'last-modified': info.mtime.toUTCString(),
    });
    createReadStream(file).pipe(response);
  }
  return upstream;
}
