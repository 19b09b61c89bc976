import { expect, it } from 'vitest';
import type { z } from 'zod';
import { resourceTypes, verbs } from '../../../src/identity/caller.ts';
import type { Operation } from '../../../src/server/osms/operation.ts';
import { operationsOf } from '../../../src/server/osms/table.ts';
import { nothing } from './nothing.ts';
import { startApi } from './sdk.ts';

const table = operationsOf(nothing);
const refused = { status: 404, code: 'NotAuthorizedOrNotFound' };

/** A server with one of each, and a user of whom only policies say what they may. */
async function opened() {
  const api = await startApi([{ label: 'base', name: 'Base', upstream: 'http://127.0.0.1:1/' }]);
  const { operations: o, identity } = api.app;
  await o.createUserGroup('Some', { by: 'test', description: '' });
  await o.addUser('eve', null, { by: 'test', groups: ['Some'] });
  const { token } = await o.createBearerToken({
    ...{ user: 'eve', name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await o.createGroup('web', { by: 'test' });
  const source = (await identity.resources.of('source', 'base')).ocid;
  const job = await o.createJob({
    ...{ schedule: { once: '2099-01-01T00:00:00Z' }, work: { kind: 'reboot' }, by: 'test' },
    targets: { instances: [], groups: ['web'], compartments: [] },
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const params: Record<string, string> = {
    ...{ softwareSourceId: source, compartmentId: api.root, compartment: api.root },
    managedInstanceId: await api.register('web1'),
    managedInstanceGroupId: (await identity.resources.of('group', 'web')).ocid,
    scheduledJobId: job.ocid,
  };
  /** Asks for an operation as eve, in a way that is never carried out: with what no schema takes, or an etag of nothing. */
  async function ask({ method, path, query }: Operation) {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'none');
    const shape = (query as z.ZodObject | undefined)?.shape ?? {};
    const asked = Object.keys(shape).map((name) => `${name}=${params[name] ?? ''}`);
    const url = `${api.url}/20190801${filled}?${asked.join('&')}`;
    const body =
      method === 'GET' ? {} : { body: JSON.stringify({ compartmentId: api.root, x: [] }) };
    const never = { ...headers, 'if-match': '"none"' };
    const response = await fetch(url, { method, headers: never, ...body });
    const text = await response.text();
    return { status: response.status, ...(text ? JSON.parse(text) : {}) };
  }
  return { ...api, ask, params };
}

it('lets nobody do anything whom no policy names', async () => {
  const { ask, app } = await opened();
  const messages = new Set<string>();
  for (const line of table) {
    const { message, ...answer } = await ask(line);
    expect([line.id, answer]).toEqual([line.id, refused]);
    messages.add(message);
  }
  // Not even by what it says.
  expect(messages.size).toBe(1);
  const entries = await app.operations.queryAudit({
    ...{ instance: null, event: 'api.refused', since: null, limit: 1000 },
  });
  const details = new Set(entries.map(({ detail }) => detail));
  for (const { id, permission } of table) {
    // There is no work request.
    const why = permission.of === 'workRequest' ? 'there is none' : 'not permitted';
    expect(details).toContain(`${id}: ${why}`);
  }
});

it('lets each verb do what needs that much, and not more', async () => {
  const { ask, app } = await opened();
  const { operations: o } = app;
  const askable = table.filter(({ permission }) => permission.of !== 'workRequest');
  for (const [rank, verb] of verbs.entries()) {
    const statements = resourceTypes.map(
      (type) => `Allow group Some to ${verb} ${type} in tenancy`,
    );
    await o.createPolicy({
      ...{ name: `all-${verb}`, compartment: '', description: '', statements, by: 'test' },
    });
    const wanting = askable.filter(({ permission }) => verbs.indexOf(permission.verb) > rank);
    for (const line of wanting)
      expect([line.id, await ask(line)]).toEqual([line.id, expect.objectContaining(refused)]);
    const granted = askable.filter(({ permission }) => permission.verb === verb);
    for (const line of granted) {
      const { status } = await ask(line);
      // A source has no such package, and there is no such event, update or advisory.
      const isAbsent = /\{.*\{|\{windowsUpdate\}|\{erratumId\}/.test(line.path);
      if (!isAbsent) expect([line.id, status]).not.toEqual([line.id, 404]);
    }
  }
});
