import { z } from 'zod';
import type { NamedResource, WorkRequest } from '../../fleet/work-requests.ts';
import type { WorkRequestNote } from '../../store/state/work-requests.ts';
import type { OsmsDeps } from './door.ts';
import { codeOf, notAuthorizedOrNotFound } from './errors.ts';
import { etagOf } from './etag.ts';
import { apiRoot, timeOf } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQuery, readPage, writePage } from './page.ts';
import {
  isOfInstances,
  notesOfActions,
  resourcesOf,
  shownWork,
  workDetailsSchema,
} from './work-details.ts';

const summarySchema = z.object({
  operationType: z.string(),
  status: z.enum(['ACCEPTED', 'IN_PROGRESS', 'FAILED', 'SUCCEEDED', 'CANCELLING', 'CANCELED']),
  id: z.string(),
  compartmentId: z.string(),
  description: z.string().optional(),
  message: z.string().optional(),
  percentComplete: z.number(),
  timeAccepted: z.iso.datetime(),
  osFamily: z.string().optional(),
});

const workRequestSchema = summarySchema.extend({
  managedInstanceId: z.object({ id: z.string(), displayName: z.string() }).optional(),
  resources: z.array(
    z.object({
      entityType: z.string(),
      actionType: z.string(),
      identifier: z.string(),
      name: z.string(),
      entityUri: z.string(),
    }),
  ),
  timeStarted: z.iso.datetime().optional(),
  timeFinished: z.iso.datetime().optional(),
  parentId: z.string().optional(),
  childrenIds: z.array(z.string()).optional(),
  headwater: workDetailsSchema.optional(),
});

const entrySchema = z.object({ message: z.string(), timestamp: z.iso.datetime() });

/** Outcomes of an instance's part that count as failures. */
const failures = ['failed', 'timed_out', 'unknown'] as const;

/** In this many seconds there may be something new to say of one that runs. */
const soon = 1;

/** How work requests name what they act on, and where that is below /20190801. */
const entities = {
  source: { entityType: 'softwareSource', path: 'softwareSources' },
  group: { entityType: 'managedInstanceGroup', path: 'managedInstanceGroups' },
  instance: { entityType: 'managedInstance', path: 'managedInstances' },
} as const;

/** What is being done, and how it went. */
export function workRequestOperations(deps: OsmsDeps): Operation[] {
  const { workRequests, identity, managed } = deps;
  const { ocids, compartments } = identity;

  const shownSummary = (request: WorkRequest) => ({
    operationType: request.operation_type,
    status: request.status,
    id: request.ocid,
    compartmentId: compartments.ocidOf(request.compartment),
    description: request.description || undefined,
    message: request.message ?? undefined,
    percentComplete: request.percent,
    timeAccepted: timeOf(request.accepted_at),
    osFamily: 'LINUX',
  });

  async function shown(request: WorkRequest) {
    const { instance, parent } = request;
    const children = await workRequests.childrenOf(request.id);
    const resources = await resourcesOf(deps, request);
    const run = isOfInstances(request) ? await deps.operations.showRun(request.id) : undefined;
    return {
      ...shownSummary(request),
      managedInstanceId: instance === null ? undefined : await shownInstance(instance),
      resources: resources.map((resource) => shownResource(resource, request)),
      timeStarted: timeOf(request.started_at),
      timeFinished: timeOf(request.finished_at),
      parentId: parent === null ? undefined : ocids.of('osmsworkrequest', parent),
      childrenIds: children,
      ...(run && { headwater: shownWork(run) }),
    };
  }

  /**
   * The entries of a work request's log, or its errors: those too that are of what instances did. Of a run, of those whose part the
   * caller may read.
   */
  async function notesOf(
    { target, may }: Pick<Call, 'target' | 'may'>,
    kind: 'log' | 'errors',
  ): Promise<WorkRequestNote[]> {
    const id = Number(target.subject);
    const own = await (kind === 'log' ? workRequests.logs(id) : workRequests.errors(id));
    const request = await workRequests.get(id);
    if (!request || !isOfInstances(request)) return own;
    const { details } = await deps.operations.showRun(id);
    if (details) return [...own, ...notesOfActions(details.actions, kind)];
    if (kind === 'log') return own;
    const failed = await Promise.all(
      failures.map((outcome) => deps.operations.listRunChildren(id, { outcome, limit: 1000 })),
    );
    const wish = { verb: 'read', type: 'osms-work-requests' } as const;
    return failed
      .flat()
      .filter(({ ocid, compartment }) => may({ ...wish, compartment, target: ocid }))
      .map(({ id: child, finishedAt, name, message, outcome }) => ({
        ...{ id: child, at: finishedAt ?? '', code: 'conflict' },
        message: `${name}: ${message ?? outcome.replace('_', ' ')}`,
      }));
  }

  async function shownInstance(id: number) {
    const known = await managed.instances.get(id);
    return { id: ocids.of('instance', id), displayName: known?.name ?? String(id) };
  }

  /** The number of the instance that a filter means; undefined for one that there is not. */
  const instanceOf = (asked: string): number | undefined =>
    /^\d{1,15}$/.test(asked) ? Number(asked) : ocids.read('instance', asked);

  return [
    operation({
      id: 'listWorkRequests',
      method: 'GET',
      path: '/workRequests',
      summary: 'Lists the work requests of a compartment',
      permission: { verb: 'inspect', type: 'osms-work-requests', of: 'compartmentOfQuery' },
      query: z.object({
        compartmentId: z.string(),
        displayName: z.string().optional(),
        managedInstanceId: z.string().optional(),
        osFamily: z.enum(['LINUX', 'WINDOWS', 'ALL']).optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(summarySchema) },
      async handle({ query, target }) {
        const { sortBy = 'TIMECREATED', managedInstanceId } = query;
        const by = sortBy === 'TIMECREATED' ? 'time' : 'description';
        const descending = (query.sortOrder ?? (by === 'time' ? 'DESC' : 'ASC')) === 'DESC';
        const order = `${sortBy}${descending ? '-' : '+'}`;
        const [description, id] = query.page === undefined ? [] : readPage(query.page, order);
        const instance =
          managedInstanceId === undefined ? undefined : instanceOf(managedInstanceId);
        const isNone = managedInstanceId !== undefined && instance === undefined;
        if (isNone || query.osFamily === 'WINDOWS') return { body: [] };
        const rows = await workRequests.list({
          ...{ compartment: target.compartment, instance, by, descending },
          description: query.displayName,
          after:
            id === undefined ? undefined : { description: String(description), id: Number(id) },
          limit: query.limit + 1,
        });
        const page = rows.slice(0, query.limit);
        const last = page.at(-1);
        return {
          body: page.map(shownSummary),
          ...(rows.length > query.limit &&
            last && { nextPage: writePage([last.description, last.id], order) }),
        };
      },
    }),
    operation({
      id: 'getWorkRequest',
      method: 'GET',
      path: '/workRequests/{workRequestId}',
      summary: 'Says how far a work request is',
      permission: { verb: 'read', type: 'osms-work-requests', of: 'workRequest' },
      answer: { status: 200, body: workRequestSchema },
      async handle({ target }) {
        const request = await workRequests.get(Number(target.subject));
        if (!request) return gone();
        const ended = request.finished_at !== null;
        const etag = etagOf([request.status, request.percent, request.message]);
        return { body: await shown(request), etag, ...(!ended && { retryAfter: soon }) };
      },
    }),
    operation({
      id: 'listWorkRequestLogs',
      method: 'GET',
      path: '/workRequests/{workRequestId}/logs',
      summary: 'Lists what a work request did',
      permission: { verb: 'read', type: 'osms-work-requests', of: 'workRequest' },
      query: z.object(pageQuery),
      answer: { status: 200, body: z.array(entrySchema) },
      async handle(call) {
        const { items, nextPage } = entries(await notesOf(call, 'log'), call.query);
        const body = items.map(({ message, at }) => ({ message, timestamp: timeOf(at) }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'listWorkRequestErrors',
      method: 'GET',
      path: '/workRequests/{workRequestId}/errors',
      summary: 'Lists why a work request failed',
      permission: { verb: 'read', type: 'osms-work-requests', of: 'workRequest' },
      query: z.object(pageQuery),
      answer: { status: 200, body: z.array(entrySchema.extend({ code: z.string() })) },
      async handle(call) {
        const { items, nextPage } = entries(await notesOf(call, 'errors'), call.query);
        const body = items.map(({ code, message, at }) => ({
          ...{ code: codeOf(code ?? ''), message, timestamp: timeOf(at) },
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
  ];
}

function shownResource({ kind, action, ocid, name }: NamedResource, { status }: WorkRequest) {
  const { entityType, path } = entities[kind];
  const actionType =
    status === 'SUCCEEDED' ? action : status === 'FAILED' ? 'FAILED' : 'IN_PROGRESS';
  return {
    entityType,
    actionType,
    identifier: ocid,
    name,
    entityUri: `${apiRoot}/${path}/${ocid}`,
  };
}

/** It was removed since the path was looked up. */
function gone(): never {
  throw notAuthorizedOrNotFound('removed meanwhile');
}

const entries = (notes: readonly WorkRequestNote[], query: Parameters<typeof listed>[1]) =>
  listed(notes, query, {
    by: { TIMECREATED: (note) => note.at, DISPLAYNAME: (note) => note.message },
    usually: 'TIMECREATED',
    id: (note) => note.id,
  });
