import { AppError } from '../base/errors.ts';
import { filtersSchema } from '../base/filters.ts';
import type { SourceDefinition } from '../base/source.ts';
import { readYaml } from './read-yaml.ts';

/** Options that say which of its parents' content a view has. */
export interface FilterFlags {
  includePackage?: string[];
  excludePackage?: string[];
  includeModule?: string[];
  excludeModule?: string[];
  includeGroup?: string[];
  excludeGroup?: string[];
  advisoryType?: string[];
  advisorySeverity?: string[];
  advisoryId?: string[];
  issuedUntil?: string;
  excludeAdvisory?: string[];
  latestOnly?: boolean;
  asOf?: string;
  filters?: string;
}

/** Options that make a view or a stage. */
export interface ViewFlags extends FilterFlags {
  from?: string[];
  priority?: string[];
  strict?: boolean;
  strictWith?: string[];
  follows?: string;
  at?: string;
  compression?: string;
}

/** Options on what is kept of a source, and what is made. */
export interface TimeFlags {
  fetch?: boolean;
  keepRevisions?: string;
  keepOriginals?: string;
  snapshots?: string;
  sqlite?: boolean;
}

/** What a definition says of them. Throws AppError 'usage'. */
export function timeKeysOf(flags: TimeFlags): Partial<SourceDefinition> {
  return {
    // Commander gives `true` where nothing is said.
    ...(flags.fetch === false && { fetch: false }),
    ...(flags.keepRevisions && { keep_revisions: flags.keepRevisions }),
    ...(flags.keepOriginals && { keep_originals: Number(flags.keepOriginals) }),
    ...(flags.snapshots && { snapshots: snapshotsOf(flags.snapshots) }),
    ...(flags.sqlite && { sqlite: true }),
  };
}

function snapshotsOf(text: string): NonNullable<SourceDefinition['snapshots']> {
  const counts = text.split(',').map((part) => {
    const match = /^(daily|weekly|monthly)=(\d+)$/.exec(part);
    if (match) return [match[1], Number(match[2])];
    throw new AppError('usage', `--snapshots ${text} says not how many of which kind`, {
      hint: 'such as --snapshots daily=7,weekly=4,monthly=12',
    });
  });
  return Object.fromEntries(counts);
}

/** What a definition says of a view or a stage. Throws AppErrors 'usage', 'config'. */
export function viewKeysOf(flags: ViewFlags): Partial<SourceDefinition> {
  const filters = filtersOf(flags);
  return {
    ...(flags.from && { from: withPriorities(flags.from, flags.priority ?? []) }),
    ...(filters.length > 0 && { filters }),
    ...(flags.strict && { strict: true }),
    ...(flags.strictWith && { strict: { with: flags.strictWith } }),
    ...(flags.follows && { follows: flags.follows }),
    ...(flags.at && { at: flags.at }),
    ...(flags.compression && { compression: flags.compression as 'gzip' | 'zstd' }),
  };
}

/** Filters as the configuration file writes them: those of `--filters`, then those of the other options. */
export function filtersOf(flags: FilterFlags): NonNullable<SourceDefinition['filters']> {
  const written = flags.filters === undefined ? [] : readYaml(flags.filters, filtersSchema);
  const rule = {
    ...(flags.advisoryType && { type: flags.advisoryType }),
    ...(flags.advisorySeverity && { severity: flags.advisorySeverity }),
    ...(flags.advisoryId && { id: flags.advisoryId }),
    ...(flags.issuedUntil && { issued_until: flags.issuedUntil }),
  };
  const { includePackage, excludePackage, excludeAdvisory } = flags;
  const own = {
    ...lists('packages', includePackage, excludePackage),
    ...lists(
      'advisories',
      Object.keys(rule).length > 0 ? [rule] : undefined,
      excludeAdvisory && [{ id: excludeAdvisory }],
    ),
    ...lists('modules', flags.includeModule, flags.excludeModule),
    ...lists('groups', flags.includeGroup, flags.excludeGroup),
    ...(flags.latestOnly && { latest_only: true }),
    ...(flags.asOf && { as_of: flags.asOf }),
  };
  return Object.keys(own).length > 0 ? [...written, own] : written;
}

function lists<T>(key: string, include: T[] | undefined, exclude: T[] | undefined) {
  if (!include && !exclude) return {};
  return { [key]: { ...(include && { include }), ...(exclude && { exclude }) } };
}

function withPriorities(
  from: string[],
  priorities: string[],
): NonNullable<SourceDefinition['from']> {
  const numbers = new Map<string, number>();
  for (const text of priorities) {
    const match = /^(.+)=(\d+)$/.exec(text);
    if (!match || !from.includes(match[1]!)) {
      throw new AppError('usage', `--priority ${text} is no LABEL=NUMBER of one of the --from`, {
        hint: `such as --priority ${from[0]}=10`,
      });
    }
    numbers.set(match[1]!, Number(match[2]));
  }
  return from.map((source) => {
    const priority = numbers.get(source);
    return priority === undefined ? source : { source, priority };
  });
}
