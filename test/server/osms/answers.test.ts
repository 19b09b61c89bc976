import { expect, it } from 'vitest';
import type { z } from 'zod';
import { operationsOf } from '../../../src/server/osms/table.ts';
import { fixture } from '../../cli/headwater.ts';
import { nothing } from './nothing.ts';
import { startApi } from './sdk.ts';

const system = { arch: 'x86_64', release: 8 };

/** Parameters of operations that are asked: what is not here is left out. */
const common = { moduleName: 'millrace', streamName: '2.4', profileName: 'common' };

it('answers everything that can be got as the OpenAPI document says, and with nothing besides', async () => {
  const api = await startApi([
    { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
    { label: 'apps', name: 'Apps', upstream: fixture('ol8'), parent: 'base', ...system },
    { label: 'ours', name: 'Ours', from: ['base'], filters: [{ exclude: 'weir' }] },
  ] as never);
  const { operations: o, identity, managed } = api.app;
  await api.sync('base');
  const { token } = await o.createBearerToken({
    ...{ user: api.user, name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const headers = { authorization: `Bearer ${token}` };
  const managedInstanceId = await api.register('web1');
  const number = identity.ocids.read('instance', managedInstanceId)!;
  await managed.profiles.replace(number, [
    {
      name: 'weir',
      epoch: '',
      version: '1',
      release: '1',
      arch: 'noarch',
      installtime: 7,
    } as never,
  ]);
  await o.attachSources({
    ...{ instance: number, group: null, labels: ['base', 'apps'], history: null, by: 'test' },
  });
  await o.createGroup('web', { by: 'test' });
  await o.joinGroup('web', [number], { by: 'test' });
  const job = await o.createJob({
    ...{ schedule: { once: '2099-01-01T00:00:00Z' }, work: { kind: 'reboot' }, by: 'test' },
    targets: { instances: [], groups: ['web'], compartments: [] },
  });
  const softwareSourceId = (await identity.resources.of('source', 'base')).ocid;
  const source = `${api.url}/20190801/softwareSources/${softwareSourceId}`;
  const packages = await fetch(`${source}/softwarePackages`, { headers });
  const [{ name: softwarePackageName }] = (await packages.json()) as [{ name: string }];
  const began = await fetch(`${source}/actions/sync`, { method: 'POST', headers });
  const params: Record<string, string> = {
    ...common,
    ...{ softwareSourceId, managedInstanceId, softwarePackageName, compartmentId: api.root },
    managedInstanceGroupId: (await identity.resources.of('group', 'web')).ocid,
    workRequestId: began.headers.get('opc-work-request-id')!,
    ...{ scheduledJobId: job.ocid, erratumId: 'ELSA-2099-0103', timeEnd: '2099-02-01T00:00:00Z' },
    ...{ eventFingerprint: 'f', from: '1', to: '1', before: '1', after: '1' },
  };
  const asked: string[] = [];
  for (const { id, method, path, query, answer } of operationsOf(nothing)) {
    if (method !== 'GET' || !answer.body) continue;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(params[name] ?? 'none'),
    );
    const shape = (query as z.ZodObject | undefined)?.shape ?? {};
    const needed = Object.entries<z.ZodType>(shape).filter(
      ([, s]) => !s.safeParse(undefined).success,
    );
    const search = needed.map(([name]) => `${name}=${params[name]}`).join('&');
    const response = await fetch(`${api.url}/20190801${filled}?${search}`, { headers });
    const body = await response.json();
    expect([id, response.status, body]).toEqual([id, 200, body]);
    const read = answer.body.safeParse(body);
    expect([id, read.error?.issues ?? []]).toEqual([id, []]);
    expect([id, read.data]).toEqual([id, body]);
    asked.push(id);
  }
  expect(asked.length).toBeGreaterThan(20);
});
