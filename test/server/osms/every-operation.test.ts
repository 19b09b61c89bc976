import { EventClient, OsManagementClient } from 'oci-osmanagement';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { operationsOf } from '../../../src/server/osms/table.ts';
import { nothing } from './nothing.ts';
import { operationsOfClient } from './recorded.ts';

/** What a method of the SDK's clients sends, as its own text says. */
interface Sent {
  method: string;
  path: string;
  query: string[];
  headers: string[];
  hasBody: boolean;
}

function sentBy(client: { prototype: object }): [string, Sent][] {
  return operationsOfClient(client).map((name): [string, Sent] => {
    const text = String((client.prototype as Record<string, unknown>)[name]);
    const [, path = ''] = /path: "([^"]+)"/.exec(text) ?? [];
    const [, method = ''] = /method: "([A-Z]+)"/.exec(text) ?? [];
    const namesIn = (what: string) => {
      const [, inside = ''] = new RegExp(`${what} = \\{([^}]*)\\}`).exec(text) ?? [];
      return [...inside.matchAll(/"([\w-]+)":/g)].map(([, key]) => key!);
    };
    const hasBody = text.includes('bodyContent:');
    const sent = { query: namesIn('queryParams'), headers: namesIn('headerParams'), hasBody };
    return [name, { method, path, ...sent }];
  });
}

const sdk = [...sentBy(OsManagementClient), ...sentBy(EventClient)];
const table = operationsOf(nothing);

/** What this server has besides: what can be done with sources and instances that the SDK knows nothing of. */
const besides =
  /^\/(?:softwareSources\/\{softwareSourceId\}\/actions\/(sync|promote|rollback|snapshot|diff|check|history)|managedInstances\/\{managedInstanceId\}\/actions\/preview)$/;

it('finds the operations of the SDK', () => {
  expect(sdk.length).toBeGreaterThan(75);
  expect(Object.fromEntries(sdk).listWorkRequests).toEqual({
    ...{ method: 'GET', path: '/workRequests', hasBody: false },
    query: 'compartmentId displayName managedInstanceId limit page sortOrder sortBy osFamily'.split(
      ' ',
    ),
    headers: ['Content-Type', 'opc-request-id'],
  });
  expect(Object.fromEntries(sdk).createSoftwareSource).toMatchObject({ hasBody: true });
});

describe.each(sdk)('%s', (name, sent) => {
  const line = table.find(({ id }) => id === name);

  it('has an entry with the method, path and parameters of the SDK', () => {
    expect(line, `no entry for ${name}`).toBeDefined();
    expect(line).toMatchObject({ method: sent.method, path: sent.path });
    const shape = (line!.query as z.ZodObject | undefined)?.shape ?? {};
    expect(Object.keys(shape).toSorted()).toEqual(sent.query.toSorted());
    expect(line!.body !== undefined).toBe(sent.hasBody);
  });

  it('takes the retry token that the SDK sends', () => {
    if (sent.headers.includes('opc-retry-token')) expect(line?.method).not.toBe('GET');
  });
});

it('has nothing that the SDK has not, but what can be done with sources besides', () => {
  const known = new Set(sdk.map(([name]) => name));
  const others = table.filter(({ id }) => !known.has(id));
  expect(others.filter(({ path }) => !besides.test(path)).map(({ id }) => id)).toEqual([]);
});
