import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Moved } from '../../channels/stages.ts';
import type { Progress } from '../../fleet/work-requests.ts';
import type { SyncEvent, SyncResult } from '../control/operations.ts';
import type { OsmsDeps } from './door.ts';
import { notAuthorizedOrNotFound } from './errors.ts';
import { type Call, type Operation, operation } from './operation.ts';

const type = 'osms-software-sources';
const of = 'source';
const path = (action: string) => `/softwareSources/{softwareSourceId}/actions/${action}`;

const spec = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('@'), 'a revision, a snapshot or a time');
const moveShape = {
  /** Whether packages that are not held are fetched; left out for as the stage says. */
  fetch: z.boolean().optional(),
  allowMissing: z.boolean().optional(),
};
const noBody = z.object({});

/** What can be done with software sources that OCI's service did not do. What takes time is a work request. */
export function sourceActionOperations(deps: OsmsDeps): Operation[] {
  const { operations, workRequests, sources } = deps;

  /** Has something done with a source, and tells how far it is. */
  async function start(
    { target, caller }: Call,
    { kind, description }: { kind: string; description: string },
    run: (progress: Progress) => Promise<unknown>,
  ) {
    const { subject, compartment } = target;
    const resources = [{ kind: 'source' as const, subject, action: 'UPDATED' }];
    const about = { operationType: kind, compartment, description, resources, by: caller.actor };
    return { workRequest: (await workRequests.start(about, run)).ocid };
  }

  /** A source's label with a revision of it, as operations name it. */
  const named = (label: string, at: string | undefined) =>
    at === undefined ? label : `${label}@${at}`;

  /** The label of another source that the caller may read. */
  function other(call: Call, id: string): string {
    const found = deps.identity.resources.byOcid('source', id);
    if (!found || !sources.get(found.subject)) throw notAuthorizedOrNotFound();
    call.require({ verb: 'read', type, compartment: found.compartment, target: found.ocid });
    return found.subject;
  }

  return [
    operation({
      id: 'syncSoftwareSource',
      method: 'POST',
      path: path('sync'),
      summary: 'Mirrors a source from its upstream now',
      permission: { verb: 'use', type, of },
      body: z.object({ allowOlder: z.boolean().optional() }),
      answer: { status: 202 },
      async handle(call) {
        const label = call.target.subject;
        if (sources.get(label)?.kind !== 'mirrored') {
          throw new AppError('conflict', `source ${label} has no upstream to be mirrored from`);
        }
        const { allowOlder = false } = call.body;
        const about = { kind: 'SYNC', description: `Mirror ${label}` };
        return start(call, about, async (progress) => {
          const onEvent = telling(progress);
          const [result] = await operations.sync({ labels: [label], allowOlder }, onEvent);
          return saidOfSync(result!, progress);
        });
      },
    }),
    operation({
      id: 'promoteSoftwareSource',
      method: 'POST',
      path: path('promote'),
      summary: 'Lets a stage offer another revision of what it follows',
      permission: { verb: 'manage', type, of },
      body: z.object({ to: z.string().min(1).max(200).optional(), ...moveShape }),
      answer: { status: 202 },
      async handle(call) {
        const { to = null, fetch = null, allowMissing = false } = call.body;
        const stage = stageOf(call);
        const { name: by } = call.caller;
        const about = {
          kind: 'PROMOTE',
          description: `Promote ${stage} to ${to ?? 'what is current'}`,
        };
        return start(call, about, async (progress) => {
          const request = { to, fetch, allowMissing, by };
          return saidOfMove(await operations.promoteStage(stage, request, telling(progress)));
        });
      },
    }),
    operation({
      id: 'rollbackSoftwareSource',
      method: 'POST',
      path: path('rollback'),
      summary: 'Takes the last move of a stage back',
      permission: { verb: 'manage', type, of },
      body: z.object(moveShape),
      answer: { status: 202 },
      async handle(call) {
        const { fetch = null, allowMissing = false } = call.body;
        const stage = stageOf(call);
        const { name: by } = call.caller;
        const about = { kind: 'ROLLBACK', description: `Roll ${stage} back` };
        return start(call, about, async (progress) => {
          const request = { fetch, allowMissing, by };
          return saidOfMove(await operations.rollbackStage(stage, request, telling(progress)));
        });
      },
    }),
    operation({
      id: 'snapshotSoftwareSource',
      method: 'POST',
      path: path('snapshot'),
      summary: 'Names a revision of a source; with `fetch`, a work request fetches its packages',
      permission: { verb: 'manage', type, of },
      body: z.object({ name: spec, at: spec.optional(), fetch: z.boolean().optional() }),
      answer: {
        status: 200,
        body: z.object({ name: z.string(), revision: z.number(), timeCreated: z.iso.datetime() }),
      },
      async handle(call) {
        const { name, at = null, fetch = false } = call.body;
        const label = call.target.subject;
        const by = call.caller.name;
        const made = await operations.createSnapshot({ label, name, at, by });
        const body = { name, revision: made.revision, timeCreated: made.createdAt };
        if (!fetch) return { body };
        const about = { kind: 'FETCH', description: `Fetch the packages of ${label}@${name}` };
        const started = await start(call, about, async (progress) => {
          const onEvent = telling(progress);
          const filled = await operations.fillSnapshot(label, { name, fetch }, onEvent);
          for (const { location, reason } of filled.failed) progress.log(`${location}: ${reason}`);
          return `${filled.fetched} packages fetched, ${filled.notHeld} of ${filled.packages} not held`;
        });
        return { body, ...started };
      },
    }),
    operation({
      id: 'diffSoftwareSource',
      method: 'GET',
      path: path('diff'),
      summary: 'Compares two revisions of a source, or one of it with one of another',
      permission: { verb: 'read', type, of },
      query: z.object({
        before: spec.optional(),
        after: spec.optional(),
        withSoftwareSourceId: z.string().optional(),
      }),
      answer: { status: 200, body: z.looseObject({}) },
      async handle(call) {
        const { before, after, withSoftwareSourceId } = call.query;
        const label = call.target.subject;
        const second =
          withSoftwareSourceId === undefined ? label : other(call, withSoftwareSourceId);
        return { body: await operations.diff(named(label, before), named(second, after)) };
      },
    }),
    operation({
      id: 'checkSoftwareSource',
      method: 'GET',
      path: path('check'),
      summary: 'Says what a revision of a source lacks; takes some seconds for a large one',
      permission: { verb: 'read', type, of },
      query: z.object({
        at: spec.optional(),
        platform: z.string().max(100).optional(),
        withSoftwareSourceId: z.union([z.string(), z.array(z.string()).max(20)]).optional(),
      }),
      answer: { status: 200, body: z.looseObject({}) },
      async handle(call) {
        const { at, platform = null, withSoftwareSourceId = [] } = call.query;
        const others = [withSoftwareSourceId].flat().map((id) => other(call, id));
        const name = named(call.target.subject, at);
        return { body: await operations.checkSource({ name, with: others, platform }) };
      },
    }),
    operation({
      id: 'getSoftwareSourceHistory',
      method: 'GET',
      path: path('history'),
      summary: 'Lists the revisions of a source that are kept, and the moves of a stage',
      permission: { verb: 'read', type, of },
      query: noBody,
      answer: { status: 200, body: z.looseObject({ revisions: z.array(z.looseObject({})) }) },
      async handle({ target }) {
        return { body: await operations.showHistory(target.subject) };
      },
    }),
  ];

  function stageOf({ target: { subject } }: Call): string {
    if (sources.get(subject)?.kind === 'stage') return subject;
    throw new AppError('conflict', `source ${subject} is no stage: it follows no other`);
  }
}

/** Tells a work request what an operation does: each step once, and how far it is of those of which that is known. */
function telling(progress: Progress): (event: SyncEvent) => void {
  let last = '';
  return ({ step, bytes, totalBytes }) => {
    if (step !== last) progress.log(step);
    last = step;
    if (totalBytes > 0) progress.percent((100 * bytes) / totalBytes);
  };
}

/** What is said of a sync that went well. Throws what went wrong. */
function saidOfSync(result: SyncResult, progress: Progress): string {
  const { outcome, reason, kind, warnings, revision, packages } = result;
  for (const warning of warnings) progress.log(`warning: ${warning}`);
  if (outcome === 'failed' || outcome === 'cancelled') {
    throw new AppError((kind ?? 'cancelled') as AppError['kind'], reason ?? outcome);
  }
  const count = packages === null ? '' : ` with ${packages} packages`;
  return `${outcome}: revision ${revision}${count}`;
}

const saidOfMove = ({ stage, changed, revision, to, fetched }: Moved): string =>
  `${stage} offers ${to.label}@${to.revision}${changed ? ` as its revision ${revision}` : ', as before'}; ${fetched} packages fetched`;
