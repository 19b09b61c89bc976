import { z } from 'zod';
import type { Place, SortBy } from '../../channels/listing/pick.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { sourceId } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { packageFoundSchema, packageSchema, packageSummarySchema } from './package-shapes.ts';
import type { NamedRevision } from './packages-thread.ts';
import { pageQuery, readPage, writePage } from './page.ts';

/** What is typed to find packages by: no name is longer. */
const name = z.string().max(1000);

/** The packages of sources as they are served now. */
export function packageOperations(deps: OsmsDeps): Operation[] {
  const { packages, identity, sources } = deps;

  /** The sources that a caller may read, as they are served now, and `own`. */
  async function readable({ may }: Pick<Call, 'may'>, own?: string): Promise<NamedRevision[]> {
    const found = await deps.revisions();
    const labels = found.map((revision) => revision.label);
    const resources = await identity.resources.ofAll('source', labels);
    return found.flatMap((revision): NamedRevision[] => {
      const resource = resources.get(revision.label);
      const source = sources.get(revision.label);
      if (!resource || !source) return [];
      const { compartment, ocid } = resource;
      const wish = {
        verb: 'read',
        type: 'osms-software-sources',
        compartment,
        target: ocid,
      } as const;
      const isAllowed = revision.label === own || may(wish);
      return isAllowed ? [{ ...revision, source: sourceId(resource, source) }] : [];
    });
  }

  return [
    operation({
      id: 'listSoftwareSourcePackages',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/softwarePackages',
      summary: 'Lists the packages of a software source',
      permission: { verb: 'read', type: 'osms-software-sources', of: 'source' },
      query: z.object({
        compartmentId: z.string().optional(),
        displayName: name.optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(packageSummarySchema) },
      async handle({ target, query }) {
        const of = await deps.revisionOf(target.subject);
        const wanted = wantedOf(query);
        if (!of) return { body: [] };
        const { json, next } = await packages.page({ of, wanted });
        return { body: asBuffer(json), ...nextPage(next, query) };
      },
    }),
    operation({
      id: 'getSoftwarePackage',
      method: 'GET',
      path: '/softwareSources/{softwareSourceId}/softwarePackages/{softwarePackageName}',
      summary: 'Says what a package is: its dependencies, its files, and which sources have it',
      permission: { verb: 'read', type: 'osms-software-sources', of: 'source' },
      answer: { status: 200, body: packageSchema },
      async handle({ target, params, may }) {
        const of = await deps.revisionOf(target.subject);
        const others = await readable({ may }, target.subject);
        const own = others.find((one) => one.label === target.subject);
        const json =
          of && own
            ? await packages.details({
                revisions: [{ ...own, ...of }, ...others.filter((one) => one !== own)],
                id: params.softwarePackageName!,
              })
            : undefined;
        if (!json) throw notAuthorizedOrNotFound('there is none');
        return { body: asBuffer(json) };
      },
    }),
    operation({
      id: 'searchSoftwarePackages',
      method: 'GET',
      path: '/softwareSources/softwarePackages',
      summary: 'Finds packages in all software sources that the caller may read',
      permission: { verb: 'read', type: 'osms-software-sources', of: 'any' },
      query: z.object({
        softwarePackageName: name.optional(),
        displayName: name.optional(),
        cveName: name.optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(packageFoundSchema) },
      async handle({ query, may }) {
        const { softwarePackageName: called, cveName } = query;
        const cve = cveName?.trim().toUpperCase();
        const wanted = { ...wantedOf(query), called, cve };
        const revisions = await readable({ may });
        const { json, next, unread = [] } = await packages.search({ revisions, wanted });
        for (const { label, reason } of unread) {
          deps.log.warn({ source: label, reason }, 'not searched');
        }
        return { body: asBuffer(json), ...nextPage(next, query) };
      },
    }),
  ];
}

interface Query {
  displayName?: string | undefined;
  limit: number;
  page?: string | undefined;
  sortBy?: 'TIMECREATED' | 'DISPLAYNAME' | undefined;
  sortOrder?: 'ASC' | 'DESC' | undefined;
}

function wantedOf(query: Query) {
  const { sortBy, descending } = orderOf(query);
  const after = query.page === undefined ? undefined : placeOf(query.page, tokenOrder(query));
  return { sortBy, descending, limit: query.limit, part: query.displayName?.trim() ?? '', after };
}

/** A package's time is when it was built; the latest comes first unless something else is said. */
function orderOf({ sortBy = 'TIMECREATED', sortOrder }: Query) {
  const by: SortBy = sortBy === 'TIMECREATED' ? 'time' : 'name';
  return { sortBy: by, descending: (sortOrder ?? (by === 'time' ? 'DESC' : 'ASC')) === 'DESC' };
}

function tokenOrder(query: Query): string {
  const { sortBy, descending } = orderOf(query);
  return `${sortBy}${descending ? '-' : '+'}`;
}

const placeSchema = z.tuple([z.number(), z.string(), z.string(), z.string()]);

function placeOf(token: string, order: string): Place {
  const read = placeSchema.safeParse(readPage(token, order));
  if (!read.success) throw apiError('InvalidParameter', 'page: not a page of this list');
  const [built, name, arch, evr] = read.data;
  return { built, name, arch, evr };
}

function nextPage(next: Place | undefined, query: Query): { nextPage?: string } {
  if (!next) return {};
  const { built, name, arch, evr } = next;
  return { nextPage: writePage([built, name, arch, evr], tokenOrder(query)) };
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
