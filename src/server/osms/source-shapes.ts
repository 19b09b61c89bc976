import { z } from 'zod';
import type { Source } from '../../base/source.ts';
import { channelUrl, keysUrl } from '../../channels/repofile.ts';
import { mirroredOrigins } from '../../channels/signing/origins.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Resource } from '../../identity/resources.ts';
import type { SourceState } from '../control/operations.ts';
import type { OsmsDeps } from './door.ts';
import { etagOf } from './etag.ts';
import { archTypeNames, archTypeOf, instanceId, sourceId } from './names.ts';
import { headwaterSchema, shownHeadwater } from './source-headwater.ts';
import { tagsShape } from './tags.ts';

export const archTypeSchema = z.enum(archTypeNames);
export const lifecycleSchema = z.enum([
  'CREATING',
  'UPDATING',
  'ACTIVE',
  'DELETING',
  'DELETED',
  'FAILED',
]);
const statusSchema = z.enum(['NORMAL', 'UNREACHABLE', 'ERROR', 'WARNING']);

/** What people say of a source that nothing follows from. */
export const describedShape = {
  description: z.string().max(1000).optional(),
  maintainerName: z.string().max(255).optional(),
  maintainerEmail: z.string().max(255).optional(),
  maintainerPhone: z.string().max(255).optional(),
  /** The sums of documents that are made here are SHA-256. */
  checksumType: z.literal('SHA256', 'SHA256: there is no other of what is made here').optional(),
  ...tagsShape,
};
const described = Object.keys(describedShape);

export const sourceSummarySchema = z.object({
  id: z.string(),
  compartmentId: z.string(),
  displayName: z.string(),
  description: z.string().optional(),
  repoType: z.string(),
  status: statusSchema,
  packages: z.number().optional(),
  lifecycleState: lifecycleSchema,
  parentId: z.string().optional(),
  parentName: z.string().optional(),
  ...tagsShape,
});

export const sourceSchema = sourceSummarySchema.extend({
  archType: archTypeSchema.optional(),
  url: z.string(),
  gpgKeyUrl: z.string().optional(),
  gpgKeyId: z.string().optional(),
  gpgKeyFingerprint: z.string().optional(),
  associatedManagedInstances: z.array(z.object({ id: z.string(), displayName: z.string() })),
  ...describedShape,
  headwater: headwaterSchema,
});

const statuses = {
  normal: 'NORMAL',
  warning: 'WARNING',
  unreachable: 'UNREACHABLE',
  error: 'ERROR',
} as const;

/** How the API shows software sources. */
export function createSourceShapes(deps: OsmsDeps) {
  const { operations, sources } = deps;
  const { resources, compartments, ocids } = deps.identity;

  /** What a client may have set: it tells one state of a source from another. */
  async function tagOf(source: Source, { compartment, details }: Resource): Promise<string> {
    const definition = await operations.sourceDefinition(source.label);
    const { headwater, about } = { headwater: shownHeadwater(definition), about: aboutOf(details) };
    return etagOf({ name: source.name, parent: source.parent, compartment, headwater, ...about });
  }

  function summary(source: Source, about: ReadonlyMap<string, Resource>, state?: SourceState) {
    const { label, parent } = source;
    const resource = about.get(label)!;
    const { description, freeformTags, definedTags } = aboutOf(resource.details);
    const above = parent === undefined ? undefined : about.get(parent);
    return {
      id: resource.ocid,
      compartmentId: compartments.ocidOf(resource.compartment),
      displayName: source.name,
      description,
      repoType: 'YUM',
      status: statuses[state?.status ?? 'normal'],
      packages: state?.packages ?? undefined,
      lifecycleState: 'ACTIVE',
      ...(above && {
        parentId: above.ocid,
        parentName: sourceId(above, sources.get(parent!)).name,
      }),
      ...{ freeformTags, definedTags },
    };
  }

  /** The keys that its packages are signed with, where clients get them. */
  async function keysOf(source: Source) {
    const origins = mirroredOrigins(source, sources.get);
    if (!origins.some((origin) => origin.gpgKeys.length > 0)) return {};
    const { keys } = await operations.showSource(source.label);
    const [fingerprint] = keys.flatMap((key) => key.fingerprints);
    return {
      gpgKeyUrl: keysUrl(deps.publicUrl(), source.label),
      gpgKeyFingerprint: fingerprint,
      gpgKeyId: fingerprint?.slice(-8),
    };
  }

  /** The instances that have it attached, of those that the caller may see. */
  async function instancesOf(label: string, caller: Caller) {
    const found = await operations.instancesWith(label);
    return found.flatMap(({ id, name, compartment }) => {
      const target = instanceId(ocids, id);
      const wish = { verb: 'inspect', type: 'osms-managed-instances', target } as const;
      const seen = deps.identity.may(caller, { ...wish, compartment: compartment ?? '' });
      return seen ? [{ id: target, displayName: name }] : [];
    });
  }

  /** Of these sources and their parents. */
  const aboutAll = (some: readonly Source[]) =>
    resources.ofAll('source', [
      ...new Set(
        some.flatMap(({ label, parent }) => (sources.get(parent ?? '') ? [label, parent!] : label)),
      ),
    ]);

  return {
    tagOf,

    async summaries(some: readonly Source[]) {
      const about = await aboutAll(some);
      const labels = some.map((source) => source.label);
      const found = await operations.sourceStates(labels);
      const states = new Map(found.map((s) => [s.label, s]));
      return some.map((source) => summary(source, about, states.get(source.label)));
    },

    async details(source: Source, caller: Caller) {
      const { label, arch } = source;
      const about = await aboutAll([source]);
      const resource = about.get(label)!;
      const [state] = await operations.sourceStates([label]);
      const definition = await operations.sourceDefinition(label);
      return {
        ...summary(source, about, state),
        ...aboutOf(resource.details),
        archType: archTypeOf(arch),
        url: channelUrl(deps.publicUrl(), label),
        checksumType: source.kind === 'mirrored' ? undefined : 'SHA256',
        ...(await keysOf(source)),
        associatedManagedInstances: await instancesOf(label, caller),
        headwater: shownHeadwater(definition),
      };
    },
  };
}

type Described = z.output<z.ZodObject<typeof describedShape>>;
type Said = { [K in keyof Described]: Exclude<Described[K], undefined> };

/** What is kept of a source that nothing follows from. */
export function aboutOf(details: object): Partial<Said> {
  const said = ([key, value]: [string, unknown]) => described.includes(key) && value !== undefined;
  return Object.fromEntries(Object.entries(details).filter(said));
}
