import { z } from 'zod';
import { apiError } from './errors.ts';

/** A place in a list: values that are compared one after the other. The last ones tell items with equal ones before apart. */
export type PageKey = readonly (string | number | null)[];

const usualLimit = 100;
const mostLimit = 1000;
const longestToken = 8192;

/** The shape of `limit`, `page` and `sortOrder`, and of `sortBy` with the names that an operation knows. */
export const pageQueryBy = <const Names extends readonly [string, ...string[]]>(
  ...names: Names
) => ({
  limit: z.coerce.number().int().min(1).max(mostLimit).default(usualLimit),
  page: z.string().max(longestToken).optional(),
  sortBy: z.enum(names).optional(),
  sortOrder: z.enum(['ASC', 'DESC']).optional(),
});

/** The shape that most lists have. */
export const pageQuery = pageQueryBy('TIMECREATED', 'DISPLAYNAME');

export interface PageRequest {
  limit?: number | undefined;
  /** The token of a page, as an answer gave it. */
  page?: string | undefined;
}

export interface Page<T> {
  items: T[];
  nextPage?: string;
  total: number;
}

/**
 * A page of a list in memory, which need not be sorted. A key says where an item stands; no two may have the same. Throws
 * AppError 'usage' on a token that is none, or is of a list in another order.
 */
export function pageOf<T>(
  items: readonly T[],
  {
    limit = usualLimit,
    page,
    key,
    descending = false,
    sort = '',
  }: PageRequest & {
    key(item: T): PageKey;
    descending?: boolean;
    /** What the list is sorted by. */
    sort?: string;
  },
): Page<T> {
  const order = `${sort}${descending ? '-' : '+'}`;
  const last = page === undefined ? undefined : readPage(page, order);
  const sign = descending ? -1 : 1;
  const keyed: { item: T; at: PageKey }[] = [];
  for (const item of items) {
    const at = key(item);
    if (last === undefined || sign * compareKeys(at, last) > 0) keyed.push({ item, at });
  }
  keyed.sort((a, b) => sign * compareKeys(a.at, b.at));
  const shown = keyed.slice(0, limit);
  const end = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    total: items.length,
    ...(keyed.length > limit && end && { nextPage: writePage(end.at, order) }),
  };
}

/**
 * A page of a list by what the query asks: `by` has a value for each name that `sortBy` may have, `id` tells items apart.
 * Times come latest first, all else in ascending order, unless `sortOrder` says otherwise.
 */
export function listed<T>(
  items: readonly T[],
  query: PageRequest & { sortBy?: string | undefined; sortOrder?: 'ASC' | 'DESC' | undefined },
  {
    by,
    usually,
    id,
  }: {
    by: Record<string, (item: T) => string | number | null>;
    /** What it is sorted by where nothing is said. */
    usually: string;
    id(item: T): string | number;
  },
): Page<T> {
  const sort = query.sortBy ?? usually;
  const value = by[sort]!;
  const order = query.sortOrder ?? (sort.startsWith('TIME') ? 'DESC' : 'ASC');
  return pageOf(items, {
    ...query,
    sort,
    descending: order === 'DESC',
    key: (item) => [value(item), id(item)],
  });
}

/** A token that stands for the place after an item; `order` says what the list is sorted by. */
export const writePage = (last: PageKey, order = ''): string =>
  Buffer.from(JSON.stringify([order, ...last])).toString('base64url');

const tokenSchema = z.array(z.union([z.string(), z.number(), z.null()])).min(2);

/** The place that a token stands for. Throws AppError 'usage'. */
export function readPage(token: string, order = ''): PageKey {
  const [of, ...last] = tokenSchema.safeParse(parsed(token)).data ?? [];
  if (of === order) return last;
  throw apiError('InvalidParameter', 'page: not a page of this list', {
    hint: 'pass on what opc-next-page said, with the same sortBy and sortOrder',
  });
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Nothing comes before numbers, and these before texts, which compare by code units. */
export function compareKeys(a: PageKey, b: PageKey): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i] ?? null;
    const y = b[i] ?? null;
    if (x === y) continue;
    if (typeof x !== typeof y || x === null || y === null) return rank(x) - rank(y);
    return x < y ? -1 : 1;
  }
  return 0;
}

const rank = (value: string | number | null): number =>
  value === null ? 0 : typeof value === 'number' ? 1 : 2;
