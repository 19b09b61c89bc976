import { describe, expect, it } from 'vitest';
import {
  dependenciesIn,
  isMet,
  type Providers,
  providersOf,
  readRichDependency,
} from '../../src/repodata/rich-dependency.ts';
import { failure } from './documents.ts';

/** Packages by number with what each provides. */
const packages = [['a'], ['b'], ['a', 'c'], ['config(d)']];
const providers: Providers = {
  has: (d) => packages.some((names) => names.includes(d.name)),
  of: (d) => new Set(packages.flatMap((names, n) => (names.includes(d.name) ? [n] : []))),
};
const met = (text: string) => isMet(readRichDependency(text), providers);

describe('a boolean dependency', () => {
  it.each<[string, boolean]>([
    ['(a)', true],
    ['(x)', false],
    ['(a and b)', true],
    ['(a and b and x)', false],
    ['(x or b)', true],
    ['(x or y or z)', false],
    ['(a if b)', true],
    ['(x if b)', false],
    ['(x if y)', true],
    ['(x if y else a)', true],
    ['(x if y else z)', false],
    ['(a if x else y)', false],
    ['(a unless b)', true],
    ['(x unless b)', false],
    ['(x unless b else a)', true],
    ['(x unless y else a)', false],
    ['(a with c)', true],
    ['(a with b)', false],
    ['(a without c)', true],
    ['(c without a)', false],
    ['((a or x) with (c or b))', true],
    ['((a and x) or (b if (c and a)))', true],
    ['( a  and  config(d) )', true],
    ['(a >= 1:2-3 with a < 2)', true],
  ])('%s is met: %s', (text, expected) => {
    expect(met(text)).toBe(expected);
  });

  it('names the packages that meet it alone', () => {
    expect(providersOf(readRichDependency('(a without c)'), providers)).toEqual(new Set([0]));
    expect(providersOf(readRichDependency('(b or (a with c))'), providers)).toEqual(
      new Set([1, 2]),
    );
  });

  it('reads versions', () => {
    const read = readRichDependency('(a >= 1:2-3-4 or config(b) <= 5)');
    expect(dependenciesIn(read)).toEqual([
      { name: 'a', range: { flags: 3, epoch: '1', version: '2-3', release: '4' } },
      { name: 'config(b)', range: { flags: 6, epoch: '0', version: '5', release: '' } },
    ]);
  });

  it.each([
    '',
    'a',
    '(',
    '()',
    '(a',
    '(a b)',
    '(a and)',
    '(and a)',
    '(a and b or c)',
    '(a if b if c)',
    '(a else b)',
    '(a and b else c)',
    '(a without b without c)',
    '(a) b',
    '(a >=)',
    '(a >= )',
    '(a xor b)',
    '(a if b else c else d)',
  ])('refuses %j', (text) => {
    expect(failure(() => readRichDependency(text))).toBe('invalid');
  });

  it('refuses what is too deep or too long', () => {
    const deep = `${'('.repeat(5000)}a${')'.repeat(5000)}`;
    expect(failure(() => readRichDependency(deep))).toBe('limit');
    expect(failure(() => readRichDependency(`(a or ${'b'.repeat(70_000)})`))).toBe('limit');
  });

  it('takes time in proportion to its length', () => {
    const started = performance.now();
    readRichDependency(`(${'a or '.repeat(12_000)}a)`);
    failure(() => readRichDependency(`(${'a('.repeat(30_000)}`));
    failure(() => readRichDependency(`(${' '.repeat(60_000)}`));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
