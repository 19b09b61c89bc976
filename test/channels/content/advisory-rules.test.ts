import { describe, expect, it } from 'vitest';
import type { AdvisoryRule } from '../../../src/base/filters.ts';
import { issuedAt, matchAdvisories } from '../../../src/channels/content/advisory-rules.ts';

const advisories = [
  { id: 'ELSA-2024-0001', type: 'security', severity: 'Critical', issued: '2024-01-31 10:00:00' },
  { id: 'ELSA-2024-0002', type: 'security', severity: 'LOW', issued: '2024-03-01' },
  { id: 'ELBA-2024-0003', type: 'bugfix', severity: '', issued: '1706694000' },
  { id: 'ELEA-2024-0004', type: 'enhancement', severity: '', issued: 'some day' },
];

it.each<[AdvisoryRule, string[]]>([
  [{ types: ['Security'] }, ['ELSA-2024-0001', 'ELSA-2024-0002']],
  [{ types: ['security'], severities: ['low', 'moderate'] }, ['ELSA-2024-0002']],
  [{ ids: ['ELSA-*', 'ELBA-2024-0003'] }, ['ELSA-2024-0001', 'ELSA-2024-0002', 'ELBA-2024-0003']],
  [{ issuedUntil: '2024-01-31T10:00:00.000Z' }, ['ELSA-2024-0001', 'ELBA-2024-0003']],
  [{ issuedUntil: '2024-01-31T09:59:59.000Z' }, ['ELBA-2024-0003']],
  [
    { types: ['security'], issuedUntil: '2030-01-01T00:00:00.000Z' },
    ['ELSA-2024-0001', 'ELSA-2024-0002'],
  ],
])('An advisory fits a rule if it fits all of it: %j', (rule, ids) => {
  const rules = matchAdvisories([rule]);
  expect(advisories.filter(rules.fits).map((a) => a.id)).toEqual(ids);
  expect(rules.unused()).toEqual([]);
});

it('Ids that there are not, and rules that nothing fits, are told', () => {
  const rules = matchAdvisories([
    { ids: ['ELSA-2024-0001', 'ELSA-2024-9999'] },
    { ids: ['CVE-*'], types: ['security'] },
    { types: ['newpackage'], severities: ['Critical'] },
    { ids: ['ELBA-*'], types: ['security'] },
  ]);
  for (const advisory of advisories) rules.fits(advisory);
  expect(rules.unused()).toEqual([
    'ELSA-2024-9999',
    'CVE-*',
    'type newpackage, severity Critical',
    'type security, id ELBA-*',
  ]);
});

describe('When an advisory was issued', () => {
  it.each([
    ['2024-01-31 10:00:00', '2024-01-31T10:00:00.000Z'],
    ['2024-01-31', '2024-01-31T00:00:00.000Z'],
    ['2024-01-31T10:00:00Z', '2024-01-31T10:00:00.000Z'],
    ['2024-01-31T10:00:00.123456+02:00', '2024-01-31T08:00:00.000Z'],
    ['2024-01-31 10:00:00 UTC', '2024-01-31T10:00:00.000Z'],
    ['2024-01-31 10:00', '2024-01-31T10:00:00.000Z'],
    ['20240131', '2024-01-31T00:00:00.000Z'],
    ['1706695200', '2024-01-31T10:00:00.000Z'],
    ['1706695200.5', '2024-01-31T10:00:00.000Z'],
    ['Wed, 31 Jan 2024 10:00:00 GMT', '2024-01-31T10:00:00.000Z'],
    ['31 Jan 2024 10:00:00 +0100', '2024-01-31T09:00:00.000Z'],
    [' 31 Jan 2024 ', '2024-01-31T00:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(new Date(issuedAt(text)!).toISOString()).toBe(time);
  });

  it.each(['', 'never', '2024', '2024-13-01', '99 Foo 2024', '2024-01-31 x', `${'1'.repeat(40)}`])(
    '%j is no time',
    (text) => {
      expect(issuedAt(text)).toBeUndefined();
    },
  );
});
