import { z } from 'zod';

/** Which of its parents' packages a view has. A package must pass every part that is there. */
export interface Filters {
  /** Package patterns: name, name.arch, name-version, name-version-release, NEVRA with or without epoch; `*`, `?`, `[…]`. */
  packages: Selection<string>;
  /** The builds that advisories ship. */
  advisories: Selection<AdvisoryRule>;
  /** `name` or `name:stream`; both may hold `*` and `?`. */
  modules: Selection<string>;
  /** comps ids of groups. */
  groups: Selection<string>;
  /** Only the newest EVR of each name and architecture, and of each module stream and context its newest version, whole. */
  latestOnly: boolean;
  /** RFC 3339: the parents as they were then; null for as they are. */
  asOf: string | null;
}

/** What is in, and what is out all the same. All `include` lists of a view count together; if all are empty, all is in. */
export interface Selection<T> {
  include: T[];
  exclude: T[];
}

/** Advisories that fit all that is there; within a list, any. */
export interface AdvisoryRule {
  types?: string[] | undefined;
  severities?: string[] | undefined;
  /** Ids, in which `*` and `?` may stand. */
  ids?: string[] | undefined;
  /** RFC 3339: issued at or before. */
  issuedUntil?: string | undefined;
}

export const noFilters: Filters = {
  packages: { include: [], exclude: [] },
  advisories: { include: [], exclude: [] },
  modules: { include: [], exclude: [] },
  groups: { include: [], exclude: [] },
  latestOnly: false,
  asOf: null,
};

/** Whether anything but the time is said. */
export function hasFilters(filters: Filters): boolean {
  const lists = [filters.packages, filters.advisories, filters.modules, filters.groups];
  return filters.latestOnly || lists.some((l) => l.include.length + l.exclude.length > 0);
}

/** A date or a time, as RFC 3339 in UTC; undefined if it is none. A date alone is its first instant. */
export function timeOf(text: string): string | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!match) return undefined;
  const [, day, clock = '00:00:00', zone = 'Z'] = match;
  const time = new Date(`${day}T${clock}${zone.toUpperCase()}`);
  // A day that does not exist is moved by Date, not refused.
  const exists = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(time.getTime()) || Number.isNaN(exists.getTime())) return undefined;
  return exists.toISOString().startsWith(day!) ? time.toISOString() : undefined;
}

export const timeSchema = z
  .string()
  .refine(
    (t) => timeOf(t) !== undefined,
    'a date or a time as RFC 3339 writes it, such as 2026-01-31 or 2026-01-31T12:00:00Z',
  )
  .transform((t) => timeOf(t)!);

const pattern = z.string().max(512).regex(/^\S+$/, 'a pattern without blanks');
const modulePattern = pattern.regex(/^[^:]+(:[^:]+)?$/, 'name or name:stream');

/** One, or a list of some. */
export const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, listOf(item)]);

/** A list that holds something. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1, 'a list of one or more');
const lists = <T extends z.ZodType>(item: T) =>
  z
    .strictObject({
      include: listOf(item).optional(),
      exclude: listOf(item).optional(),
    })
    .refine((s) => s.include || s.exclude, 'include or exclude');

const advisoryRule = z
  .strictObject({
    type: oneOrMore(pattern).optional(),
    severity: oneOrMore(pattern).optional(),
    id: oneOrMore(pattern).optional(),
    issued_until: timeSchema.optional(),
  })
  .refine(
    (r) => Object.values(r).some((v) => v !== undefined),
    'type, severity, id or issued_until',
  );

const filterSchema = z.strictObject({
  packages: lists(pattern).optional(),
  advisories: lists(advisoryRule).optional(),
  modules: lists(modulePattern).optional(),
  groups: lists(pattern).optional(),
  latest_only: z.boolean().optional(),
  as_of: timeSchema.optional(),
});

/** `filters:` as the configuration file writes it: a list of which every entry adds to what the others say. */
export const filtersSchema = z.array(filterSchema);

/** The entries of a `filters:` taken together; of several `as_of` the earliest counts. */
export function mergeFilters(entries: z.output<typeof filtersSchema>): Filters {
  const merged: Filters = structuredClone(noFilters);
  const add = <T>(
    to: Selection<T>,
    from: { include?: T[] | undefined; exclude?: T[] | undefined } | undefined,
  ) => {
    to.include.push(...(from?.include ?? []));
    to.exclude.push(...(from?.exclude ?? []));
  };
  const rule = (r: z.output<typeof advisoryRule>): AdvisoryRule => ({
    ...(r.type && { types: [r.type].flat() }),
    ...(r.severity && { severities: [r.severity].flat() }),
    ...(r.id && { ids: [r.id].flat() }),
    ...(r.issued_until && { issuedUntil: r.issued_until }),
  });
  for (const entry of entries) {
    add(merged.packages, entry.packages);
    add(merged.advisories, {
      include: entry.advisories?.include?.map(rule),
      exclude: entry.advisories?.exclude?.map(rule),
    });
    add(merged.modules, entry.modules);
    add(merged.groups, entry.groups);
    merged.latestOnly ||= entry.latest_only ?? false;
    const { as_of } = entry;
    if (as_of && (merged.asOf === null || as_of < merged.asOf)) merged.asOf = as_of;
  }
  return merged;
}
