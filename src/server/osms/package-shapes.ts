import { z } from 'zod';
import { kindOfAdvisory } from '../../base/update-kinds.ts';
import { shownEvr } from '../../channels/content/listed.ts';
import type { PackageDetails } from '../../channels/listing/details.ts';
import type { Listed } from '../../channels/listing/lines.ts';
import type { Found } from '../../channels/listing/listing.ts';
import { timeOf } from './names.ts';
import { updateTypeOf, updateTypes } from './update-types.ts';

/** A source as packages name it. */
export interface SourceId {
  id: string;
  name: string;
}

/** The type of all packages. */
export const packageType = 'rpm';

export const sourceIdSchema = z.object({ id: z.string(), name: z.string() });

export const packageSummarySchema = z.object({
  displayName: z.string(),
  name: z.string(),
  type: z.string(),
  version: z.string(),
  architecture: z.string(),
  checksum: z.string(),
  checksumType: z.string(),
});

export const packageSchema = packageSummarySchema.extend({
  lastModifiedDate: z.iso.datetime().optional(),
  description: z.string(),
  sizeInBytes: z.number().optional(),
  dependencies: z.array(
    z.object({
      dependency: z.string(),
      dependencyType: z.string(),
      dependencyModifier: z.string().optional(),
    }),
  ),
  files: z.array(z.object({ path: z.string(), type: z.string() })),
  softwareSources: z.array(sourceIdSchema),
});

export const packageFoundSchema = packageSummarySchema
  .omit({ checksum: true, checksumType: true })
  .extend({
    summary: z.string(),
    advisoryType: z.enum(updateTypes).optional(),
    errata: z.array(z.object({ id: z.string(), displayName: z.string() })),
    softwareSources: z.array(sourceIdSchema),
  });

type Named = Pick<Listed, 'id' | 'line'>;

function named({ id, line }: Named) {
  return {
    displayName: line.name,
    name: id,
    type: packageType,
    version: shownEvr(line),
    architecture: line.arch,
  };
}

export function packageSummary(item: Named) {
  const { value, type } = item.line.checksum;
  return { ...named(item), checksum: value, checksumType: type };
}

export function packageFound(item: Found, sources: readonly SourceId[]) {
  const types = item.errata.map(({ type }) => updateTypeOf(kindOfAdvisory(type)));
  return {
    ...named(item),
    summary: item.line.summary,
    // The one that matters most.
    advisoryType: updateTypes.find((type) => types.includes(type)),
    errata: item.errata.map(({ id }) => ({ id, displayName: id })),
    softwareSources: item.sources.map((i) => sources[i]),
  };
}

export function packageDetails(
  details: PackageDetails & { sources: number[] },
  sources: readonly SourceId[],
) {
  const { line, record, files } = details;
  const { summary, description } = record.texts;
  return {
    ...packageSummary(details),
    lastModifiedDate: line.built === 0 ? undefined : timeOf(line.built * 1000),
    description: (description || summary || line.summary).trim(),
    sizeInBytes: line.size || undefined,
    dependencies: Object.entries(record.dependencies).flatMap(([kind, list]) =>
      list.flatMap((one) => shownDependency(kind, one)),
    ),
    files: files.map(({ path, type }) => ({ path, type })),
    softwareSources: details.sources.map((i) => sources[i]),
  };
}

const comparisons: Record<string, string> = { GT: '>', EQ: '=', GE: '>=', LT: '<', LE: '<=' };

type Dependency = PackageDetails['record']['dependencies']['requires'][number];

function shownDependency(kind: string, { name, flags, ...evr }: Dependency) {
  if (!name) return [];
  const compared = flags === undefined ? undefined : comparisons[flags];
  const { epoch, version, release } = evr;
  const shown = `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version ?? ''}${release ? `-${release}` : ''}`;
  return [
    {
      dependency: name,
      dependencyType: kind,
      ...(compared && version && { dependencyModifier: `${compared} ${shown}` }),
    },
  ];
}
