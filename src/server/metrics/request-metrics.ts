import type { Server } from 'node:http';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Where a request went. `none`: to no address that there is. */
type Door = 'yum' | 'spacewalk' | 'osms' | 'pub' | 'health' | 'metrics' | 'control' | 'none';

/** Requests by door, and where packages came from. */
export function requestMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'headwater_http_requests_total',
    help: 'Requests answered, by door and status class (2xx to 5xx; broken_off where the connection ended before the answer).',
    labelNames: ['door', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'headwater_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, by door.',
    labelNames: ['door'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers,
  });
  const sent = new Counter({
    name: 'headwater_http_sent_bytes_total',
    help: 'Bytes written to clients, heads of answers included, by door.',
    labelNames: ['door'],
    registers,
  });
  const open = new Gauge({
    name: 'headwater_http_requests_open',
    help: 'Requests that are being answered, by door.',
    labelNames: ['door'],
    registers,
  });
  const packages = new Counter({
    name: 'headwater_package_requests_total',
    help: 'Requests for the bytes of a package: hit (held), miss (fetched from upstream), redirected (sent there).',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['hit', 'miss', 'redirected']) packages.inc({ result }, 0);

  return {
    /** Counts a server's requests, all of one door if it is named. */
    observe(server: Server, only?: Door): void {
      server.prependListener('request', (request, response) => {
        const door = only ?? doorOf(request.url ?? '');
        const { socket } = request;
        const before = socket.bytesWritten;
        const started = performance.now();
        open.inc({ door });
        response.once('close', () => {
          const whole = response.writableFinished;
          const status = whole ? `${Math.floor(response.statusCode / 100)}xx` : 'broken_off';
          requests.inc({ door, status });
          duration.observe({ door }, (performance.now() - started) / 1000);
          sent.inc({ door }, socket.bytesWritten - before);
          open.dec({ door });
        });
      });
    },
    packageServed(result: 'hit' | 'miss' | 'redirected'): void {
      packages.inc({ result });
    },
  };
}

function doorOf(target: string): Door {
  const [path = ''] = target.split('?', 1);
  if (path === '/' || /^\/(channels|keys|instances)\//.test(path)) return 'yum';
  if (path === '/XMLRPC' || path.startsWith('/XMLRPC/') || path === '/rpc/api') return 'spacewalk';
  if (path.startsWith('/20190801/') || path === '/session') return 'osms';
  if (path.startsWith('/pub/')) return 'pub';
  if (path === '/healthz' || path === '/readyz') return 'health';
  return path === '/metrics' ? 'metrics' : 'none';
}
