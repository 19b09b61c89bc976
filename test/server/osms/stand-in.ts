import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { onTestFinished } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createLog } from '../../../src/base/log.ts';
import { createWorkRequests } from '../../../src/fleet/work-requests.ts';
import type { Noted } from '../../../src/identity/audit.ts';
import type { Caller, Wish } from '../../../src/identity/caller.ts';
import { createOcids } from '../../../src/identity/ocid.ts';
import { inRequest } from '../../../src/identity/request-context.ts';
import { createResources } from '../../../src/identity/resources.ts';
import type { OsmsDoor } from '../../../src/server/osms/door.ts';
import type { Operation } from '../../../src/server/osms/operation.ts';
import { createRequestBodies } from '../../../src/server/osms/request-body.ts';
import { createRetryTokens } from '../../../src/server/osms/retry-tokens.ts';
import { osmsRoutes } from '../../../src/server/osms/routes.ts';
import { requestIdOf } from '../../../src/server/request-id.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { createResourceTable } from '../../../src/store/state/resources.ts';
import { createRetryTokenTable } from '../../../src/store/state/retry-tokens.ts';
import { openState } from '../../../src/store/state/state.ts';
import { createWorkRequestTable } from '../../../src/store/state/work-requests.ts';
import { temporaryFolder } from '../../support/app.ts';

export interface StandInOptions {
  /** What the table has; without it, all that the API has. */
  operations?: (deps: OsmsDoor) => Operation[];
  may?(caller: Caller, wish: Wish): boolean;
  /** Bytes of a body, and milliseconds that it may take. */
  body?: { most: number; patience: number };
  rate?: { ok: boolean; retryAfter: number };
  folder?: string;
}

/** The compartments that there are: the root, and one below it. */
const paths = ['', 'teams', 'teams:web'];

/**
 * The API's engine on a real port and a real state database; who asks is whom the header `as` names (`nobody` is nobody),
 * and may do everything unless `may` says otherwise. There is a source `base` in the root and a group `web` in `teams`.
 */
export async function standIn(options: StandInOptions = {}) {
  const folder = options.folder ?? (await temporaryFolder());
  const db = openState(dataPaths(folder));
  await db
    .insertInto('compartment')
    .values(paths.slice(1).map((path) => ({ path, created_at: '2026-01-01T00:00:00Z' })))
    .onConflict((c) => c.doNothing())
    .execute();
  const notes: Noted[] = [];
  const logged: Record<string, unknown>[] = [];
  const ocids = createOcids(randomBytes(16));
  const resources = await createResources({ table: createResourceTable(db), ocids });
  const log = createLog('info', {
    destination: { write: (line: string) => void logged.push(JSON.parse(line)) },
  });
  const ocidOf = (path: string) => ocids.of('compartment', paths.indexOf(path) + 1);
  const identify = async (kind: string, subject: string) => ({
    ocid: `ocid1.${kind}.oc1..${subject}`,
    name: subject,
  });
  const workRequests = createWorkRequests({
    ...{ table: createWorkRequestTable(db), ocids, log, identify },
    keepMs: () => 86_400_000,
  });
  const door = {
    identity: {
      ...{ ocids, resources, audit: { note: (noted: Noted) => void notes.push(noted) } },
      compartments: {
        all: () => paths.map((path) => ({ path })),
        pathOf: (ocid: string) => paths.find((path) => ocidOf(path) === ocid),
        ocidOf,
        has: (path: string) => paths.includes(path),
      },
      may: options.may ?? (() => true),
    },
    sources: {
      get: (label: string) => (label === 'base' ? { label, name: 'Base' } : undefined),
      all: () => [],
    },
    managed: {
      groups: {
        async require(name: string) {
          if (name !== 'web') throw new AppError('not_found', 'no such group');
        },
      },
      instances: {
        get: async (id: number) =>
          id === 1_000_010_000 ? { id, name: 'host', compartment: 'teams' } : undefined,
      },
    },
    ...{ workRequests, log },
    asker: () => ({
      address: '192.0.2.7',
      ...{ isKnown: true, isForwarded: false, secure: false, host: 'localhost' },
    }),
    async authenticate(request: { headers: Record<string, unknown>; body(): Promise<Buffer> }) {
      const name = String(request.headers.as ?? 'alice');
      if (name === 'nobody') {
        throw new AppError('unauthenticated', 'nobody knows who that is', {
          detail: { reason: 'key', claimed: 'user:eve' },
        });
      }
      return { kind: 'user', name, actor: `user:${name}`, by: 'signature', scopes: undefined };
    },
    readBody: createRequestBodies({
      most: () => options.body?.most ?? 1_000_000,
      patience: () => options.body?.patience ?? 10_000,
    }),
    rateLimit: {
      caller: () => options.rate ?? { ok: true, retryAfter: 0 },
      address: () => ({ ok: true, retryAfter: 0 }),
    },
    retryTokens: createRetryTokens(createRetryTokenTable(db)),
  } as unknown as OsmsDoor;
  const app = new Koa();
  app.use((ctx, next) =>
    inRequest({ requestId: requestIdOf(ctx.req), address: '192.0.2.7' }, next),
  );
  app.use(osmsRoutes(door, options.operations?.(door)).routes());
  const server = createServer(app.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    server.closeAllConnections();
    server.close();
    await workRequests.settled();
    await db.destroy();
  }
  onTestFinished(close);

  /** Asks; gives the status, the headers and the value of the body. */
  async function ask(
    line: string,
    {
      as,
      json,
      headers = {},
    }: { as?: string; json?: unknown; headers?: Record<string, string> } = {},
  ) {
    const [method = 'GET', path = ''] = line.split(' ');
    const response = await fetch(`${url}/20190801${path}`, {
      method,
      headers: {
        ...(as !== undefined && { as }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  return {
    ...{ url, door, ask, notes, logged, folder, db, workRequests, ocids, ocidOf, close },
    sourceOcid: (await resources.of('source', 'base')).ocid,
    goneOcid: (await resources.of('source', 'gone')).ocid,
    groupOcid: (await resources.change('group', 'web', {})).ocid,
    instanceOcid: ocids.of('instance', 1_000_010_000),
  };
}
