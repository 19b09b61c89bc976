import request from 'supertest';
import { expect, it } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createAsker } from '../../src/server/asker.ts';
import { createHttp, type HttpDeps } from '../../src/server/http.ts';

it('What can only be read answers other methods with 405 and says what is allowed', async () => {
  // Nobody asks the API here.
  const osms = { identity: {}, managed: {} } as HttpDeps['osms'];
  const deps = { log: createLog('silent'), asker: createAsker(() => []), osms };
  const http = createHttp(deps as Partial<HttpDeps> as HttpDeps).callback();
  const channel = ['/channels/ol8.repo', '/channels/ol8/repodata/repomd.xml'];
  for (const target of ['/', ...channel, '/healthz', '/readyz']) {
    for (const method of ['post', 'put', 'delete', 'patch'] as const) {
      const answer = await request(http)[method](target);
      expect(answer.status, `${method} ${target}`).toBe(405);
      expect(answer.headers.allow?.split(', ').sort(), target).toEqual(['GET', 'HEAD']);
    }
  }
});
