import { z } from 'zod';
import { whenIssued } from '../../updates/summaries.ts';
import type { OsmsDeps } from './door.ts';
import { sourceId } from './names.ts';
import { type Operation, operation } from './operation.ts';
import { packageType } from './package-shapes.ts';
import { listed, pageQuery } from './page.ts';
import {
  availableUpdateSchema,
  erratumSummaryOf,
  installableSchema,
  instanceErratumSchema,
  shownBuild,
} from './update-shapes.ts';
import { updateTypeOf } from './update-types.ts';

const query = z.object({
  compartmentId: z.string().optional(),
  displayName: z.string().max(1000).optional(),
  ...pageQuery,
});

const permission = { verb: 'read', type: 'osms-managed-instances', of: 'instance' } as const;

/** What instances lack, and what they could have besides. */
export function updateOfInstanceOperations(deps: OsmsDeps): Operation[] {
  const { operations, identity } = deps;

  /** Sources by label, as the API names them; those that were removed meanwhile are left out. */
  async function namedSources(labels: readonly string[]) {
    const wanted = [...new Set(labels)].filter((label) => deps.sources.get(label));
    const resources = await identity.resources.ofAll('source', wanted);
    return (own: readonly string[]) =>
      own.flatMap((label) => {
        const resource = resources.get(label);
        return resource ? [sourceId(resource, deps.sources.get(label))] : [];
      });
  }

  return [
    operation({
      id: 'listAvailableUpdatesForManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/packages/updates',
      summary: 'Lists the updates that an instance could install',
      permission,
      query,
      answer: { status: 200, body: z.array(availableUpdateSchema) },
      async handle({ target, query }) {
        const wanted = { heldBack: false, kinds: null };
        const { updates } = await operations.listUpdates(Number(target.subject), wanted);
        const part = partOf(query.displayName);
        const { items, nextPage } = listed(
          updates.filter(({ name }) => name.toLowerCase().includes(part)),
          query,
          {
            // Of an update nobody says when it came to be.
            by: { TIMECREATED: () => 0, DISPLAYNAME: ({ name }) => name },
            usually: 'DISPLAYNAME',
            id: ({ build }) => shownBuild(build).name,
          },
        );
        const sourcesOf = await namedSources(items.flatMap(({ sources }) => sources));
        const body = items.map((update) => ({
          displayName: update.name,
          name: shownBuild(update.build).name,
          updateType: updateTypeOf(update.kind),
          type: packageType,
          installedVersion: update.installed,
          availableVersion: update.available,
          architecture: update.build.arch,
          errata: update.advisories.map((id) => ({ id, displayName: id })),
          relatedCves: update.cves,
          softwareSources: sourcesOf(update.sources),
          headwater: {
            ...{ kind: update.kind, obsoletes: update.obsoletes },
            ...{ reboot: update.reboot, size: update.size },
          },
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'listAvailablePackagesForManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/packages/available',
      summary: 'Lists the packages that an instance does not have and could install',
      permission,
      query,
      answer: { status: 200, body: z.array(installableSchema) },
      async handle({ target, query }) {
        const all = await operations.listInstallable(Number(target.subject));
        const part = partOf(query.displayName);
        const { items, nextPage } = listed(
          all.filter(({ build }) => build.name.toLowerCase().includes(part)),
          query,
          {
            by: { TIMECREATED: () => 0, DISPLAYNAME: ({ build }) => build.name },
            usually: 'DISPLAYNAME',
            id: ({ build }) => shownBuild(build).name,
          },
        );
        const sourcesOf = await namedSources(items.flatMap(({ sources }) => sources));
        const body = items.map(({ build, sources }) => ({
          ...shownBuild(build),
          softwareSources: sourcesOf(sources),
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'listManagedInstanceErrata',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/errata',
      summary: 'Lists the advisories of which an instance lacks something',
      permission,
      query,
      answer: { status: 200, body: z.array(instanceErratumSchema) },
      async handle({ target, query }) {
        const all = await operations.instanceAdvisories(Number(target.subject));
        const part = partOf(query.displayName);
        const { items, nextPage } = listed(
          all.filter(({ id }) => id.toLowerCase().includes(part)),
          query,
          {
            by: { TIMECREATED: whenIssued, DISPLAYNAME: ({ id }) => id },
            usually: 'TIMECREATED',
            id: ({ id }) => id,
          },
        );
        const compartmentId = identity.compartments.ocidOf('');
        const body = items.map((advisory) => ({
          ...erratumSummaryOf(advisory, compartmentId),
          headwater: {
            ...{ kind: advisory.type, severity: advisory.severity },
            ...{ packages: advisory.packages, available: advisory.available },
          },
        }));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
  ];
}

const partOf = (displayName: string | undefined): string => displayName?.trim().toLowerCase() ?? '';
