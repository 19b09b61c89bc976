import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { listed, pageOf, pageQuery, readPage, writePage } from '../../../src/server/osms/page.ts';

interface Item {
  name: string;
  at: number | null;
  id: number;
}

const by = {
  DISPLAYNAME: (item: Item) => item.name,
  TIMECREATED: (item: Item) => item.at,
};
const order = { by, usually: 'DISPLAYNAME', id: (item: Item) => item.id };

const itemsOf = fc.uniqueArray(
  fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 3 }),
    at: fc.option(fc.nat({ max: 5 })),
    id: fc.nat(),
  }),
  { selector: (item) => item.id, maxLength: 60 },
);
const queryOf = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  sortBy: fc.constantFrom('DISPLAYNAME', 'TIMECREATED', undefined),
  sortOrder: fc.constantFrom('ASC' as const, 'DESC' as const, undefined),
});

function allPages(
  items: (page: number) => readonly Item[],
  query: Parameters<typeof listed>[1],
): Item[] {
  const found: Item[] = [];
  let next: string | undefined;
  for (let page = 0; page < 100; page++) {
    const shown = listed(items(page), { ...query, ...(next && { page: next }) }, order);
    expect(shown.items.length).toBeLessThanOrEqual(query.limit!);
    found.push(...shown.items);
    next = shown.nextPage;
    if (next === undefined) return found;
  }
  throw new Error('there is no end to the pages');
}

it('shows every item once, in order, however large a page is', () => {
  fc.assert(
    fc.property(itemsOf, queryOf, (items, query) => {
      const found = allPages(() => items, query);
      expect(found.toSorted((a, b) => a.id - b.id)).toEqual(items.toSorted((a, b) => a.id - b.id));
      expect(found).toEqual(listed(items, { ...query, limit: 1000 }, order).items);
      const value = by[(query.sortBy ?? 'DISPLAYNAME') as keyof typeof by];
      const descending =
        (query.sortOrder ?? (query.sortBy === 'TIMECREATED' ? 'DESC' : 'ASC')) === 'DESC';
      for (const [i, item] of found.slice(1).entries()) {
        const [x, y] = [value(found[i]!) ?? -1, value(item) ?? -1];
        expect(descending ? x >= y : x <= y).toBe(true);
      }
    }),
  );
});

it('shows what was there all the time once, whatever comes and goes between pages', () => {
  fc.assert(
    fc.property(itemsOf, itemsOf, queryOf, (stays, comes, query) => {
      const ids = new Set(stays.map((item) => item.id));
      const others = comes.filter((item) => !ids.has(item.id));
      const found = allPages((page) => (page % 2 === 0 ? stays : [...others, ...stays]), query);
      const shown = found.filter((item) => ids.has(item.id)).map((item) => item.id);
      expect(shown.toSorted((a, b) => a - b)).toEqual([...ids].toSorted((a, b) => a - b));
    }),
  );
});

it('refuses a token that is none, or is of a list in another order', () => {
  const items = [1, 2, 3].map((id) => ({ id, at: id, name: `n${id}` }));
  const { nextPage } = listed(items, { limit: 1, sortBy: 'DISPLAYNAME' }, order);
  expect(nextPage).toMatch(/^[A-Za-z0-9_-]+$/);
  const open = (page: string, more = {}) => listed(items, { limit: 1, page, ...more }, order);
  expect(open(nextPage!).items).toEqual([items[1]]);
  const bad = [
    '',
    '!',
    'bm8',
    Buffer.from('{}').toString('base64url'),
    writePage([], 'DISPLAYNAME+'),
  ];
  for (const page of bad) expect(() => open(page)).toThrow('not a page of this list');
  expect(() => open(nextPage!, { sortOrder: 'DESC' })).toThrow('not a page of this list');
  expect(() => open(nextPage!, { sortBy: 'TIMECREATED' })).toThrow('not a page of this list');
  const strange = Buffer.from(JSON.stringify(['DISPLAYNAME+', { a: 1 }])).toString('base64url');
  expect(() => open(strange)).toThrow('not a page of this list');
});

it('takes any text for a token without failing otherwise', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((j) => Buffer.from(j).toString('base64url')),
      ),
      (page) => {
        try {
          readPage(page);
        } catch (error) {
          expect(String(error)).toContain('not a page of this list');
        }
      },
    ),
  );
});

it('has a hundred items where nothing is said, and a thousand at most', () => {
  const items = Array.from({ length: 1500 }, (_, id) => id);
  expect(pageOf(items, { key: (id) => [id] }).items).toHaveLength(100);
  expect(pageOf(items, { key: (id) => [id] }).total).toBe(1500);
  const query = z.object(pageQuery);
  expect(query.parse({}).limit).toBe(100);
  expect(query.parse({ limit: '1000' }).limit).toBe(1000);
  for (const limit of ['0', '1001', '-1', '1.5', 'x', '']) {
    expect(query.safeParse({ limit }).success).toBe(false);
  }
  expect(query.safeParse({ sortBy: 'COLOUR' }).success).toBe(false);
});
