import { describe, expect, it } from 'vitest';
import { bounded, type Report, worse } from '../../../src/channels/check/report.ts';

const counts: Report['counts'] = {
  ...{ packages: 0, hidden: 0, unresolved: 0, unresolvedPackages: 0 },
  ...{ modules: 0, advisories: 0, proposals: 0, additions: 0 },
};
const report = (parts: Partial<Report>): Report => ({
  ...{ unresolved: [], modules: [], advisories: [], proposals: [], counts },
  ...parts,
});
const unresolved = (...pairs: [string, string][]) =>
  report({
    unresolved: pairs.map(([name, requirement]) => ({
      ...{ package: name, from: 'm', requirement, candidates: [] },
    })),
  });

describe('A report is worse', () => {
  it('not where it is the same, or shorter', () => {
    const before = unresolved(['a-1-1.noarch', 'x'], ['b-1-1.noarch', 'y']);
    expect(worse(before, before)).toBeUndefined();
    expect(worse(before, unresolved(['b-1-1.noarch', 'y']))).toBeUndefined();
  });

  it('with another requirement, even where there are fewer', () => {
    const before = unresolved(['a-1-1.noarch', 'x'], ['b-1-1.noarch', 'y']);
    expect(worse(before, unresolved(['a-1-1.noarch', 'z']))).toBe(
      'it adds a requirement that nothing meets (a-1-1.noarch requires z)',
    );
  });

  it('not where another build lacks what one lacked before, and where more builds do', () => {
    const before = unresolved(['a-b-1-1.noarch', 'x'], ['a-b-1:2-1.noarch', 'x']);
    expect(
      worse(before, unresolved(['a-b-2:3-1.el8.noarch', 'x'], ['a-b-1:2-1.noarch', 'x'])),
    ).toBeUndefined();
    const three = ['3-1', '1-1', '1:2-1'].map((v): [string, string] => [`a-b-${v}.noarch`, 'x']);
    expect(worse(before, unresolved(...three))).toBe(
      'it adds a requirement that nothing meets (a-b-3-1.noarch requires x)',
    );
    for (const other of ['a-b-1-1.x86_64', 'a-1-1.noarch', 'a-b-c-1-1.noarch']) {
      expect(worse(before, unresolved([other, 'x']))).toContain(other);
    }
  });

  it('not where a stream or an advisory lacks something else than before', () => {
    const lacks = (requires: string, missing: string) =>
      report({
        modules: [{ stream: 'a:1', requires, lost: true }],
        advisories: [{ id: 'A-1', missing: [missing] }],
      });
    expect(worse(lacks('b:2', 'c-1-1.noarch'), lacks('b:3', 'd-1-1.noarch'))).toBeUndefined();
  });

  it('with a stream or advisories that lack something', () => {
    const after = report({
      modules: [{ stream: 'a:1', requires: 'b:2', lost: true }],
      advisories: ['A-1', 'A-2'].map((id) => ({ id, missing: ['c-1-1.noarch'] })),
    });
    expect(worse(report({}), after)).toBe(
      'it adds a module stream without what it requires (a:1 requires b:2), and 2 advisories that are only partly there (A-1, …)',
    );
  });
});

it('A report for terminals has a thousand entries of each kind at most', () => {
  const many = unresolved(
    ...Array.from({ length: 1500 }, (_, i): [string, string] => [`p${i}`, 'x']),
  );
  expect(bounded(many).unresolved).toHaveLength(1000);
});
