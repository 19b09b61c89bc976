import { expect, it } from 'vitest';
import { filtersSchema, mergeFilters, noFilters } from '../../src/base/filters.ts';
import { filterWords } from '../../src/cli/filter-words.ts';

it('Each part of a filter is a sentence', () => {
  const filters = mergeFilters(
    filtersSchema.parse([
      { packages: { include: ['a*', 'b.x86_64'], exclude: ['c'] } },
      { advisories: { include: [{ type: ['security', 'bugfix'], issued_until: '2026-01-31' }] } },
      { advisories: { exclude: [{ id: ['ELSA-2026-*'], severity: ['Low'] }] } },
      { modules: { include: ['nodejs:20'] }, groups: { exclude: ['core'] } },
      { latest_only: true, as_of: '2026-02-01' },
    ]),
  );
  expect(filterWords(filters)).toEqual([
    'only packages a*, b.x86_64',
    'no packages c',
    'only advisories (of type security or bugfix, issued until 2026-01-31T00:00:00.000Z)',
    'no advisories (of severity Low, called ELSA-2026-*)',
    'only modules nodejs:20',
    'no groups core',
    'only the newest builds',
    'everything as it was at 2026-02-01T00:00:00.000Z',
  ]);
  expect(filterWords(noFilters)).toEqual([]);
});
