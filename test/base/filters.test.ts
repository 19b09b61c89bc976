import { describe, expect, it } from 'vitest';
import { filtersSchema, mergeFilters, noFilters, timeOf } from '../../src/base/filters.ts';

const read = (entries: unknown) => mergeFilters(filtersSchema.parse(entries));

it('Entries add to one another, and of several times the earliest counts', () => {
  expect(read([])).toEqual(noFilters);
  expect(
    read([
      { packages: { include: ['bash'], exclude: ['vim*'] }, as_of: '2026-02-01' },
      { packages: { include: ['zsh'] }, latest_only: true },
      { as_of: '2026-01-31T01:00:00+02:00' },
      { advisories: { include: [{ type: ['security'], issued_until: '2026-01-01' }] } },
    ]),
  ).toEqual({
    ...noFilters,
    packages: { include: ['bash', 'zsh'], exclude: ['vim*'] },
    advisories: {
      include: [{ types: ['security'], issuedUntil: '2026-01-01T00:00:00.000Z' }],
      exclude: [],
    },
    latestOnly: true,
    asOf: '2026-01-30T23:00:00.000Z',
  });
});

it('A rule names one thing as it is, or several in a list', () => {
  const rules = [{ severity: 'Critical' }, { type: 'security', id: 'X-*' }, { id: ['X-1', 'X-2'] }];
  expect(read([{ advisories: { include: rules } }]).advisories.include).toEqual([
    { severities: ['Critical'] },
    { types: ['security'], ids: ['X-*'] },
    { ids: ['X-1', 'X-2'] },
  ]);
});

it('A module is named with or without a stream', () => {
  const names = ['nodejs', 'nodejs:*', 'php:7.[24]'];
  expect(read([{ modules: { exclude: names } }]).modules.exclude).toEqual(names);
});

it.each([
  [[{ modules: { include: ['a:b:c'] } }]],
  [[{ modules: { exclude: ['a:'] } }]],
  [[{ modules: { exclude: [':x'] } }]],
  [[{ advisories: { include: [{ severity: '' }] } }]],
  [[{ advisories: { include: [{ type: [] }] } }]],
  [[{ packages: {} }]],
  [[{ packages: { include: [] } }]],
  [[{ packages: { include: ['a b'] } }]],
  [[{ advisories: { include: [{}] } }]],
  [[{ as_of: 'yesterday' }]],
  [[{ newest: true }]],
])('%j is refused', (entries) => {
  expect(filtersSchema.safeParse(entries).success).toBe(false);
});

describe('A time', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T12:30:00Z', '2026-01-31T12:30:00.000Z'],
    ['2026-01-31t12:30:00.5-01:00', '2026-01-31T13:30:00.500Z'],
  ])('may be %s', (text, time) => {
    expect(timeOf(text)).toBe(time);
  });

  it.each(['2026-02-31', '2026-13-01', '2026', 'now', '2026-01-31T25:00:00Z', '12', ''])(
    'is not %j',
    (text) => {
      expect(timeOf(text)).toBeUndefined();
    },
  );
});
