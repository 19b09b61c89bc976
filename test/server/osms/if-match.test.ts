import { expect, it } from 'vitest';
import type { z } from 'zod';
import { openApiOf } from '../../../src/server/osms/openapi.ts';
import { operationsOf } from '../../../src/server/osms/table.ts';
import { fixture } from '../../cli/headwater.ts';
import { nothing } from './nothing.ts';
import { startApi } from './sdk.ts';

const system = { arch: 'x86_64', release: 8 };
const table = operationsOf(nothing);
const { paths } = openApiOf(table) as {
  paths: Record<string, Record<string, { parameters: { $ref?: string }[] }>>;
};
const isOffered = ({ path, method }: (typeof table)[number]) =>
  paths[path]![method.toLowerCase()]!.parameters.some(({ $ref }) => $ref?.endsWith('/if-match'));

it('changes nothing that is not as if-match says, whatever is to be done with it', async () => {
  const api = await startApi([
    { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
  ]);
  const { operations: o, identity, managed } = api.app;
  const { token } = await o.createBearerToken({
    ...{ user: api.user, name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await o.createGroup('web', { by: 'test' });
  const softwareSourceId = (await identity.resources.of('source', 'base')).ocid;
  const managedInstanceId = await api.register('web1');
  const job = await o.createJob({
    ...{ schedule: { once: '2099-01-01T00:00:00Z' }, work: { kind: 'reboot' }, by: 'test' },
    targets: { instances: [], groups: ['web'], compartments: [] },
  });
  const names: Record<string, string> = {
    ...{ softwareSourceId, managedInstanceId, updateType: 'ALL', scheduledJobId: job.ocid },
    managedInstanceGroupId: (await identity.resources.of('group', 'web')).ocid,
  };
  const members = {
    ...{ softwareSourceId, compartmentId: api.root, packageNames: ['weir'], name: 'n' },
  };
  const changes = table.filter(isOffered);
  for (const { id, method, path, query } of changes) {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => names[name]!);
    const asked = Object.keys((query as z.ZodObject | undefined)?.shape ?? {});
    const said = asked.map((name) => `${name}=${names[name] ?? 'none'}`).join('&');
    const { status } = await fetch(`${api.url}/20190801${filled}?${said}`, {
      // What a job is about is said in other words.
      ...{ method, body: JSON.stringify(id === 'updateScheduledJob' ? {} : members) },
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        'if-match': '"another"',
      },
    });
    expect([id, status]).toEqual([id, 412]);
  }
  const ids = changes.map(({ id }) => id);
  expect(ids).toEqual(
    expect.arrayContaining([
      ...['attachParentSoftwareSourceToManagedInstance', 'promoteSoftwareSource'],
      ...['attachManagedInstanceToManagedInstanceGroup', 'addPackagesToSoftwareSource'],
    ]),
  );
  const number = identity.ocids.read('instance', managedInstanceId)!;
  expect(await managed.channelLists.attached(number)).toEqual([]);
  expect(await managed.groups.members('web')).toEqual([]);
});

it('offers if-match where there is an etag, and nowhere else', () => {
  const offered = table.filter(isOffered).map(({ path }) => path);
  expect(offered.filter((path) => !path.includes('Id}'))).toEqual([]);
  expect(offered.filter((path) => path.includes('/events'))).toEqual([]);
});
