import { expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';

it('puts the id of a request into its answer, every line of the log, and the audit', async () => {
  const { url, app, logged } = await startApp([]);
  const headers = { 'opc-request-id': 'from-a-test' };
  const answer = await fetch(`${url}/20190801/workRequests`, { headers });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('opc-request-id')).toBe('from-a-test');
  const lines = () => logged.filter(({ requestId }) => requestId === 'from-a-test');
  await expect.poll(() => lines().map(({ msg }) => msg)).toEqual(['operation refused', 'request']);
  const entries = await app.operations.queryAudit({
    ...{ instance: null, event: 'api.refused', since: null, limit: 5 },
  });
  expect(entries).toMatchObject([
    {
      ...{ actor: 'anyone', address: '127.0.0.1', request_id: 'from-a-test' },
      result: '401 NotAuthenticated',
    },
  ]);
});

it('gives each request of any door an id of its own', async () => {
  const { url, logged } = await startApp([]);
  await fetch(`${url}/healthz`);
  await fetch(`${url}/channels/none/`);
  const ids = () => logged.flatMap(({ requestId }) => (requestId ? [requestId] : []));
  await expect.poll(() => new Set(ids()).size).toBe(2);
  expect(ids()[0]).toMatch(/^[0-9A-F]{32}$/);
});
