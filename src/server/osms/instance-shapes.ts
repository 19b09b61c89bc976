import { z } from 'zod';
import type { Instance } from '../../fleet/instances.ts';
import type { OsmsDeps } from './door.ts';
import { instanceId, sourceId, timeOf } from './names.ts';
import {
  instanceCountsSchema,
  instanceKindsSchema,
  shownCounts,
  shownKinds,
} from './update-shapes.ts';

/** An id with what it is shown as. */
export const idSchema = z.object({ id: z.string(), displayName: z.string() });
export const osFamilySchema = z.enum(['LINUX', 'WINDOWS', 'ALL']);
const sourceIdSchema = z.object({ id: z.string(), name: z.string() });

export const instanceSummarySchema = z.object({
  displayName: z.string(),
  id: z.string(),
  lastCheckin: z.iso.datetime().optional(),
  lastBoot: z.iso.datetime().optional(),
  compartmentId: z.string(),
  status: z.enum(['NORMAL', 'UNREACHABLE']),
  osFamily: osFamilySchema,
  ...instanceCountsSchema,
});

export const instanceSchema = instanceSummarySchema.extend({
  osName: z.string(),
  osVersion: z.string(),
  osKernelVersion: z.string().optional(),
  parentSoftwareSource: sourceIdSchema.optional(),
  childSoftwareSources: z.array(sourceIdSchema),
  managedInstanceGroups: z.array(idSchema),
  notificationTopicId: z.string().optional(),
  isDataCollectionAuthorized: z.boolean(),
  scheduledJobCount: z.number(),
  workRequestCount: z.number(),
  ...instanceKindsSchema,
});

/** What an instance says of its release package, for people. */
const systems: Record<string, string> = {
  'oraclelinux-release': 'Oracle Linux Server',
  'redhat-release': 'Red Hat Enterprise Linux',
  'redhat-release-server': 'Red Hat Enterprise Linux Server',
  'centos-release': 'CentOS Linux',
};

/** How the API shows instances. */
export function createInstanceShapes({ identity, managed, sources, workRequests }: OsmsDeps) {
  const { ocids, resources, compartments } = identity;

  const summary = (instance: Instance): z.output<typeof instanceSummarySchema> => ({
    displayName: instance.name,
    id: instanceId(ocids, instance.id),
    lastCheckin: timeOf(instance.seenAt),
    lastBoot: timeOf(instance.bootedAt),
    compartmentId: compartments.ocidOf(instance.compartment ?? ''),
    status: managed.isSilent(instance) ? 'UNREACHABLE' : 'NORMAL',
    osFamily: 'LINUX',
  });

  return {
    async summaries(instances: readonly Instance[]) {
      const counts = await managed.updates.counts(instances.map(({ id }) => id));
      return instances.map((i) => ({ ...summary(i), ...shownCounts(counts.get(i.id)) }));
    },

    async details(instance: Instance): Promise<z.output<typeof instanceSchema>> {
      const attached = await managed.channelLists.attached(instance.id);
      const here = attached.flatMap(({ label }) => sources.get(label) ?? []);
      const about = await resources.ofAll(
        'source',
        here.map((source) => source.label),
      );
      const parent = here.find((source) => !source.parent);
      const groups = await resources.ofAll('group', instance.groups);
      const settings = await managed.instanceChanges.settings(instance.id);
      const counts = (await managed.updates.counts([instance.id])).get(instance.id);
      return {
        ...{ ...summary(instance), ...shownCounts(counts), ...shownKinds(counts) },
        osName: systems[instance.osName] ?? instance.osName,
        osVersion: instance.osRelease,
        osKernelVersion: instance.kernel ?? undefined,
        parentSoftwareSource: parent && sourceId(about.get(parent.label)!, parent),
        childSoftwareSources: here
          .filter((source) => source.parent)
          .map((source) => sourceId(about.get(source.label)!, source)),
        managedInstanceGroups: [...groups.values()].map((group) => ({
          id: group.ocid,
          displayName: group.displayName ?? group.subject,
        })),
        notificationTopicId: settings.notificationTopicId,
        isDataCollectionAuthorized: settings.isDataCollectionAuthorized ?? false,
        scheduledJobCount: await managed.jobs.countFor(instance),
        workRequestCount: await workRequests.countFor(instance.id),
      };
    },
  };
}
