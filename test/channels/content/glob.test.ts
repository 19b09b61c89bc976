import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileGlob } from '../../../src/channels/content/glob.ts';

it.each([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['a*', 'a', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*ab*ab', 'xabab', true],
  ['*ab*ab', 'xaab', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['[]]', ']', true],
  ['[!]]', ']', false],
  ['[a-]', '-', true],
  ['[*]', '*', true],
  ['[*]', 'a', false],
  ['[ab', '[ab', true],
  ['a.c', 'abc', false],
  ['(a|b)+$', '(a|b)+$', true],
  ['gcc-c++', 'gcc-c++', true],
])('%j on %j: %s', (pattern, text, fits) => {
  expect(compileGlob(pattern).fits(text)).toBe(fits);
});

it('Fits what a search of all ways fits', () => {
  const letter = fc.constantFrom('a', 'b', '*', '?', 'a', 'b');
  const ways = (p: string, t: string): boolean => {
    if (p === '') return t === '';
    if (p[0] === '*') return ways(p.slice(1), t) || (t !== '' && ways(p, t.slice(1)));
    return t !== '' && (p[0] === '?' || p[0] === t[0]) && ways(p.slice(1), t.slice(1));
  };
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }),
      (p, t) => {
        const [pattern, text] = [p.join(''), t.join('')];
        expect(compileGlob(pattern).fits(text)).toBe(ways(pattern, text));
      },
    ),
    { numRuns: 3000 },
  );
});

it('Takes no longer for patterns that are meant to take long', () => {
  const started = performance.now();
  expect(compileGlob(`${'*a'.repeat(250)}*b`).fits('a'.repeat(20_000))).toBe(false);
  expect(compileGlob(`*${'?'.repeat(500)}b`).fits('a'.repeat(20_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
