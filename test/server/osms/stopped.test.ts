import { expect, it } from 'vitest';
import { fixtureCopy, temporaryFolder } from '../../support/app.ts';
import { startUpstream } from '../../support/upstream.ts';
import { startApi } from './sdk.ts';

it('what is being carried out when the server stops has failed at the next start', async () => {
  const upstream = await startUpstream(await fixtureCopy('ol8'));
  // Never answers.
  upstream.fault = () => true;
  const data = await temporaryFolder();
  const sources = [{ label: 'base', name: 'Base', upstream: upstream.url }];
  const before = await startApi(sources, { data });
  const { user, root: compartmentId } = before;
  const { token } = await before.app.operations.createBearerToken({
    ...{ user, name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const { items } = await before.client.listSoftwareSources({ compartmentId });
  const line = `${before.url}/20190801/softwareSources/${items[0]!.id}/actions/sync`;
  const headers = { authorization: `Bearer ${token}`, 'opc-request-id': 'began-it' };
  const answer = await fetch(line, { method: 'POST', headers });
  const workRequestId = answer.headers.get('opc-work-request-id')!;
  await expect.poll(() => upstream.requests.length, { timeout: 20_000 }).toBeGreaterThan(0);
  const { workRequest } = await before.client.getWorkRequest({ workRequestId });
  expect(workRequest.status).toBe('IN_PROGRESS');
  await before.close();
  // What the request led to is logged under its id.
  const said = before.logged.filter(({ requestId }) => requestId === 'began-it');
  expect(said.map(({ source }) => source)).toContain('base');
  const after = await startApi(sources, { data });
  const ended = await after.client.getWorkRequest({ workRequestId });
  expect(ended.workRequest.status).toBe('FAILED');
  const errors = await after.client.listWorkRequestErrors({ workRequestId });
  expect(errors.items).toHaveLength(1);
});
