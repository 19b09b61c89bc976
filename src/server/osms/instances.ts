import { z } from 'zod';
import type { InstanceSettings } from '../../fleet/instance-changes.ts';
import type { Instance } from '../../fleet/instances.ts';
import { createTurns } from '../../fleet/turns.ts';
import type { OsmsDeps } from './door.ts';
import { notAuthorizedOrNotFound } from './errors.ts';
import { etagOf } from './etag.ts';
import { moduleOfInstanceOperations } from './instance-modules.ts';
import { packageOfInstanceOperations } from './instance-packages.ts';
import {
  createInstanceShapes,
  instanceSchema,
  instanceSummarySchema,
  osFamilySchema,
} from './instance-shapes.ts';
import { instanceSourceOperations } from './instance-sources.ts';
import { updateOfInstanceOperations } from './instance-updates.ts';
import { type Operation, operation, type Target } from './operation.ts';
import { pageQuery, readPage, writePage } from './page.ts';

const listQuery = z.object({
  compartmentId: z.string(),
  displayName: z.string().optional(),
  osFamily: osFamilySchema.optional(),
  ...pageQuery,
});

const updateBody = z.object({
  notificationTopicId: z.string().max(255).optional(),
  isDataCollectionAuthorized: z.boolean().optional(),
});

/** The etag of an instance: of what clients can set on it. */
export const instanceTag = ({
  notificationTopicId,
  isDataCollectionAuthorized,
}: InstanceSettings): string => etagOf({ notificationTopicId, isDataCollectionAuthorized });

/** Managed instances. */
export function instanceOperations(deps: OsmsDeps): Operation[] {
  const { instances, instanceChanges } = deps.managed;
  const shapes = createInstanceShapes(deps);
  const inTurn = createTurns();

  async function required({ subject }: Target): Promise<Instance> {
    const instance = await instances.get(Number(subject));
    // It was removed since the path was looked up.
    if (!instance) throw notAuthorizedOrNotFound();
    return instance;
  }

  async function shown(instance: Instance) {
    const etag = instanceTag(await instanceChanges.settings(instance.id));
    return { body: await shapes.details(instance), etag };
  }

  return [
    operation({
      id: 'listManagedInstances',
      method: 'GET',
      path: '/managedInstances',
      summary: 'Lists the managed instances of a compartment',
      permission: { verb: 'inspect', type: 'osms-managed-instances', of: 'compartmentOfQuery' },
      query: listQuery,
      answer: { status: 200, body: z.array(instanceSummarySchema) },
      async handle({ query, target }) {
        // There are no others.
        if (query.osFamily === 'WINDOWS') return { body: [] };
        const { sortBy = 'TIMECREATED', limit, page } = query;
        const by = sortBy === 'TIMECREATED' ? 'registeredAt' : 'name';
        const descending = (query.sortOrder ?? (by === 'name' ? 'ASC' : 'DESC')) === 'DESC';
        const order = `${sortBy}${descending ? '-' : '+'}`;
        const [value, id] = page === undefined ? [] : readPage(page, order);
        const found = await instances.page({
          ...{ compartment: target.compartment, name: query.displayName, by, descending },
          after: value === undefined ? undefined : [String(value), Number(id)],
          most: limit + 1,
        });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return {
          body: await shapes.summaries(items),
          ...(found.length > limit && last && { nextPage: writePage([last[by], last.id], order) }),
        };
      },
    }),
    operation({
      id: 'getManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}',
      summary: 'Shows a managed instance',
      permission: { verb: 'read', type: 'osms-managed-instances', of: 'instance' },
      answer: { status: 200, body: instanceSchema },
      handle: async ({ target }) => shown(await required(target)),
    }),
    operation({
      id: 'updateManagedInstance',
      method: 'PUT',
      path: '/managedInstances/{managedInstanceId}',
      summary: 'Changes what is set on a managed instance',
      permission: { verb: 'use', type: 'osms-managed-instances', of: 'instance' },
      body: updateBody,
      answer: { status: 200, body: instanceSchema },
      handle: ({ target, body, caller, requireMatch }) =>
        inTurn(Number(target.subject), async () => {
          const instance = await required(target);
          requireMatch(instanceTag(await instanceChanges.settings(instance.id)));
          await deps.operations.configureInstance(instance.id, { ...body, by: caller.name });
          return shown(instance);
        }),
    }),
    ...instanceSourceOperations(deps),
    ...packageOfInstanceOperations(deps),
    ...moduleOfInstanceOperations(deps),
    ...updateOfInstanceOperations(deps),
  ];
}
