import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import { whenIssued } from '../../updates/summaries.ts';
import type { OsmsDeps } from './door.ts';
import { notAuthorizedOrNotFound } from './errors.ts';
import { instanceId } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQueryBy } from './page.ts';
import { timeSchema } from './times.ts';
import {
  erratumSchema,
  erratumSummaryOf,
  erratumSummarySchema,
  shownBuild,
} from './update-shapes.ts';

/** No id of an advisory is longer. */
const id = z.string().max(1000).optional();

/** The advisories of the mirrored sources that the caller may read. */
export function errataOperations(deps: OsmsDeps): Operation[] {
  const { operations, identity, sources, managed } = deps;
  const { resources, compartments, ocids } = identity;

  /** The mirrored sources that a caller may read, by label. */
  async function readable({ may }: Pick<Call, 'may'>) {
    const mirrored = sources.all().filter(({ kind }) => kind === 'mirrored');
    const all = await resources.ofAll(
      'source',
      mirrored.map(({ label }) => label),
    );
    for (const [label, { compartment, ocid: target }] of all) {
      const wish = { verb: 'read', type: 'osms-software-sources', compartment, target } as const;
      if (!may(wish)) all.delete(label);
    }
    return all;
  }

  return [
    operation({
      id: 'listErrata',
      method: 'GET',
      path: '/errata',
      summary: 'Lists the advisories of the software sources that the caller may read',
      permission: { verb: 'inspect', type: 'osms-errata', of: 'any' },
      query: z.object({
        ...{ compartmentId: z.string().optional(), erratumId: id, advisoryName: id },
        timeIssueDateStart: timeSchema.optional(),
        timeIssueDateEnd: timeSchema.optional(),
        ...pageQueryBy('ISSUEDATE', 'ADVISORYNAME'),
      }),
      answer: { status: 200, body: z.array(erratumSummarySchema) },
      async handle({ query, may }) {
        const { erratumId, advisoryName, timeIssueDateStart, timeIssueDateEnd } = query;
        // Both are the vendor's name: one of which there is none where they differ.
        if (erratumId && advisoryName && erratumId !== advisoryName) return { body: [] };
        const found = await operations.searchAdvisories({
          ...{ issuedFrom: timeIssueDateStart, issuedTo: timeIssueDateEnd },
          sources: [...(await readable({ may })).keys()],
        });
        const named = erratumId || advisoryName;
        const sortBy = query.sortBy ?? 'ISSUEDATE';
        const sortOrder = query.sortOrder ?? (sortBy === 'ISSUEDATE' ? 'DESC' : 'ASC');
        const { items, nextPage } = listed(
          named ? found.filter((advisory) => advisory.id === named) : found,
          { ...query, sortBy, sortOrder },
          {
            by: { ISSUEDATE: whenIssued, ADVISORYNAME: (advisory) => advisory.id },
            usually: 'ISSUEDATE',
            id: (advisory) => advisory.id,
          },
        );
        const compartmentId = compartments.ocidOf('');
        const body = items.map((advisory) => erratumSummaryOf(advisory, compartmentId));
        return { body, ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'getErratum',
      method: 'GET',
      path: '/errata/{erratumId}',
      summary: 'Says what an advisory is about, what it ships, and which instances lack that',
      permission: { verb: 'read', type: 'osms-errata', of: 'any' },
      answer: { status: 200, body: erratumSchema },
      async handle({ params, may }) {
        const own = await readable({ may });
        const about = { sources: [...own.keys()] };
        const advisory = await operations.showAdvisory(params.erratumId!, about).catch(absent);
        const instances = await visible(advisory.instances, { may });
        return {
          body: {
            ...erratumSummaryOf(advisory, compartments.ocidOf('')),
            description: advisory.description || advisory.summary,
            from: advisory.from,
            solution: advisory.solution,
            references: advisory.references.map(({ href }) => href).join('\n'),
            affectedInstances: instances
              .filter(({ state }) => state === 'affected')
              .map(({ id: affected, displayName }) => ({ id: affected, displayName })),
            softwareSources: advisory.sources.map((label) => ({
              id: own.get(label)!.ocid,
              displayName: own.get(label)!.displayName ?? sources.get(label)?.name ?? label,
            })),
            packages: advisory.packages.map(shownBuild),
            headwater: {
              ...{ kind: advisory.type, severity: advisory.severity, instances },
              rebootSuggested: advisory.rebootSuggested,
            },
          },
        };
      },
    }),
  ];

  /** Those of which the caller may read what is installed. */
  async function visible(
    instances: Awaited<ReturnType<typeof operations.showAdvisory>>['instances'],
    { may }: Pick<Call, 'may'>,
  ) {
    const shown = await Promise.all(
      instances.map(async ({ instance, name, ...about }) => {
        const target = instanceId(ocids, instance);
        const compartment = (await managed.instances.get(instance))?.compartment ?? '';
        const type = 'osms-managed-instances';
        return may({ verb: 'read', type, compartment, target })
          ? [{ id: target, displayName: name, ...about }]
          : [];
      }),
    );
    return shown.flat();
  }
}

/** As for what the caller may not see. */
function absent(error: unknown): never {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
  throw notAuthorizedOrNotFound('there is none');
}
