import { z } from 'zod';
import { updateKinds } from '../../base/update-kinds.ts';
import { idOfFields, shownEvr } from '../../channels/content/listed.ts';
import type { AdvisorySummary, Build, UpdateCounts } from '../../updates/updates.ts';
import { packageType, sourceIdSchema } from './package-shapes.ts';
import { updateTypeOf, updateTypes } from './update-types.ts';

const idSchema = z.object({ id: z.string(), displayName: z.string() });
const cves = z.array(z.string());
const kind = z.enum(updateKinds);

export const availableUpdateSchema = z.object({
  displayName: z.string(),
  name: z.string(),
  updateType: z.enum(updateTypes),
  type: z.string(),
  installedVersion: z.string(),
  availableVersion: z.string(),
  architecture: z.string(),
  errata: z.array(idSchema),
  relatedCves: cves,
  softwareSources: z.array(sourceIdSchema),
  headwater: z.object({
    kind,
    /** NEVRAs of what it takes the place of, where it has another name. */
    obsoletes: z.string().nullable(),
    reboot: z.boolean(),
    /** Bytes to be fetched. */
    size: z.number(),
  }),
});

export const installableSchema = z.object({
  displayName: z.string(),
  name: z.string(),
  type: z.string(),
  version: z.string(),
  architecture: z.string(),
  softwareSources: z.array(sourceIdSchema),
});

export const erratumSummarySchema = z.object({
  name: z.string(),
  id: z.string(),
  compartmentId: z.string(),
  synopsis: z.string(),
  issued: z.string(),
  updated: z.string(),
  advisoryType: z.enum(updateTypes),
  relatedCves: cves,
});

export const instanceErratumSchema = erratumSummarySchema.extend({
  headwater: z.object({
    kind,
    severity: z.string(),
    /** What the instance lacks of it, as packages are named. */
    packages: z.array(z.string()),
    /** Whether the instance could install all of that now. */
    available: z.boolean(),
  }),
});

export const erratumSchema = erratumSummarySchema.extend({
  description: z.string(),
  from: z.string(),
  solution: z.string(),
  references: z.string(),
  affectedInstances: z.array(idSchema),
  softwareSources: z.array(idSchema),
  packages: z.array(installableSchema.omit({ softwareSources: true })),
  headwater: z.object({
    kind,
    severity: z.string(),
    rebootSuggested: z.boolean(),
    /** All that it concerns; `affectedInstances` are those that lack something of it. */
    instances: z.array(
      z.object({
        id: z.string(),
        displayName: z.string(),
        state: z.enum(['affected', 'fixed']),
        packages: z.array(z.object({ installed: z.string(), needed: z.string() })),
        available: z.boolean(),
      }),
    ),
  }),
});

/** A build as lists of packages have it. */
export function shownBuild(build: Build) {
  const { name, arch } = build;
  return {
    displayName: name,
    name: idOfFields(build),
    type: packageType,
    version: shownEvr(build),
    architecture: arch,
  };
}

/** What instances say of updates in the lists of them. */
export const instanceCountsSchema = {
  updatesAvailable: z.number().optional(),
  isRebootRequired: z.boolean().optional(),
};

export const instanceKindsSchema = {
  securityUpdatesAvailable: z.number().optional(),
  bugUpdatesAvailable: z.number().optional(),
  enhancementUpdatesAvailable: z.number().optional(),
  otherUpdatesAvailable: z.number().optional(),
  headwater: z
    .object({
      updates: z.object(Object.fromEntries(updateKinds.map((one) => [one, z.number()]))),
      /** Updates that are upstream and not in what it sees. */
      heldBack: z.number(),
    })
    .optional(),
};

/** Nothing of an instance that did not say yet what is installed on it. */
export const shownCounts = (counts: UpdateCounts | undefined) =>
  counts?.reported ? { updatesAvailable: counts.total, isRebootRequired: counts.reboot } : {};

export const shownKinds = (counts: UpdateCounts | undefined) =>
  counts?.reported
    ? {
        securityUpdatesAvailable: counts.security,
        bugUpdatesAvailable: counts.bugfix,
        enhancementUpdatesAvailable: counts.enhancement,
        otherUpdatesAvailable: counts.other + counts.ksplice,
        headwater: {
          updates: Object.fromEntries(updateKinds.map((one) => [one, counts[one]])),
          heldBack: counts.heldBack,
        },
      }
    : {};

/** An advisory in lists of them. Their ids are the vendor's names. */
export const erratumSummaryOf = (advisory: AdvisorySummary, compartmentId: string) => ({
  ...{ name: advisory.id, id: advisory.id, compartmentId, synopsis: advisory.title },
  ...{ issued: advisory.issued, updated: advisory.updated, relatedCves: advisory.cves },
  advisoryType: updateTypeOf(advisory.type),
});
