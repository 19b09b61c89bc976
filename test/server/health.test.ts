import request from 'supertest';
import { expect, it } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createAsker } from '../../src/server/asker.ts';
import { createHttp, type HttpDeps } from '../../src/server/http.ts';

const http = (notReady: string | undefined) => {
  const log = createLog('silent');
  // Nobody asks the API here.
  const osms = { identity: {}, managed: {} } as HttpDeps['osms'];
  const asker = createAsker(() => []);
  const deps: Partial<HttpDeps> = { log, asker, osms, notReady: () => notReady };
  return createHttp(deps as HttpDeps).callback();
};

it('/healthz and /readyz say ok while the server serves', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const answer = await request(http(undefined)).get(path);
    expect([answer.status, answer.text]).toEqual([200, 'ok\n']);
    expect(answer.headers['cache-control']).toBe('no-store');
  }
});

it('/readyz says what the server waits for, and /healthz that it lives all the same', async () => {
  const waiting = http('shutting down');
  const ready = await request(waiting).get('/readyz');
  expect([ready.status, ready.text]).toEqual([503, 'shutting down\n']);
  const healthy = await request(waiting).get('/healthz');
  expect([healthy.status, healthy.text]).toEqual([200, 'ok\n']);
});
