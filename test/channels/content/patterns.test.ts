import { describe, expect, it } from 'vitest';
import { matchPackages } from '../../../src/channels/content/patterns.ts';
import { keyOf, type PackageKey } from '../../../src/store/catalogue/package-key.ts';
import { parts } from './world.ts';

const packages = [
  'bash-5.1-1.x86_64',
  'bash-5.2-1.x86_64',
  'bash-doc-5.2-1.noarch',
  'bind-32:9.16-3.x86_64',
  'bind-32:9.16-3.i686',
  'a-b-1-2.noarch',
  'a-b-1-c-9-1.noarch',
  'libstdc++-8-1.x86_64',
  '389-ds-1-1.x86_64',
];

const keys = new Map<PackageKey, string>(packages.map((p) => [keyOf(parts(p)), p]));

/** The packages that fit, and the patterns that none fits. */
function match(...patterns: string[]) {
  const matcher = matchPackages(patterns);
  const found = [...keys].filter(([key]) => matcher.fits(key)).map(([, p]) => p);
  return { found: found.sort(), unused: matcher.unused() };
}

describe('A pattern for packages', () => {
  it.each([
    ['bash', ['bash-5.1-1.x86_64', 'bash-5.2-1.x86_64']],
    ['bash.x86_64', ['bash-5.1-1.x86_64', 'bash-5.2-1.x86_64']],
    ['bash-5.2', ['bash-5.2-1.x86_64']],
    ['bash-5.2-1', ['bash-5.2-1.x86_64']],
    ['bash-5.2-1.x86_64', ['bash-5.2-1.x86_64']],
    ['bash-0:5.2-1.x86_64', ['bash-5.2-1.x86_64']],
    ['0:bash-5.2-1', ['bash-5.2-1.x86_64']],
    ['bind-9.16-3.i686', ['bind-32:9.16-3.i686']],
    ['bind-32:9.16', ['bind-32:9.16-3.i686', 'bind-32:9.16-3.x86_64']],
    ['32:bind-9.16-3.x86_64', ['bind-32:9.16-3.x86_64']],
    // Of the one a name with a version, of the other the beginning of a name.
    ['a-b-1', ['a-b-1-2.noarch']],
    ['a-b-1-c', ['a-b-1-c-9-1.noarch']],
    ['libstdc++', ['libstdc++-8-1.x86_64']],
    ['389-ds', ['389-ds-1-1.x86_64']],
    ['3*-ds-1', ['389-ds-1-1.x86_64']],
    ['bash*', ['bash-5.1-1.x86_64', 'bash-5.2-1.x86_64', 'bash-doc-5.2-1.noarch']],
    ['*-doc', ['bash-doc-5.2-1.noarch']],
    ['bash-5.[12]-?.*', ['bash-5.1-1.x86_64', 'bash-5.2-1.x86_64']],
    ['bash-5.[!1]', ['bash-5.2-1.x86_64']],
    ['*:9.16*', ['bind-32:9.16-3.i686', 'bind-32:9.16-3.x86_64']],
    ['32:*', ['bind-32:9.16-3.i686', 'bind-32:9.16-3.x86_64']],
    // Epochs are digits too, and none of `a-z`, but only a colon asks for them.
    ['[0-9]*', ['389-ds-1-1.x86_64']],
    ['[!a-z]*', ['389-ds-1-1.x86_64']],
    ['3*', ['389-ds-1-1.x86_64']],
    ['[0-9]*:bind-*', ['bind-32:9.16-3.i686', 'bind-32:9.16-3.x86_64']],
    ['bind-[0-9]*:*', ['bind-32:9.16-3.i686', 'bind-32:9.16-3.x86_64']],
    ['*.noarch', ['a-b-1-2.noarch', 'a-b-1-c-9-1.noarch', 'bash-doc-5.2-1.noarch']],
  ])('%s', (pattern, expected) => {
    expect(match(pattern)).toEqual({ found: expected.toSorted(), unused: [] });
  });

  it.each([
    'bash-5',
    'bas',
    'bash-5.2-1.i686',
    'bash-1:5.2',
    'BASH',
    'bind-31:9.16-3',
    'ba?h-',
    '[b]',
    '0*',
    'bind-32*',
    '',
  ])('%j fits none of them', (pattern) => {
    expect(match(pattern, 'bash', '*')).toEqual({
      found: packages.toSorted(),
      unused: [pattern],
    });
  });
});

it('Which patterns fit nothing is known also of those that others make needless', () => {
  expect(match('*', 'bash', 'bash*', 'emacs*', 'emacs').unused).toEqual(['emacs*', 'emacs']);
});

it('A hundred patterns are tried on a hundred thousand packages in no time', () => {
  const many = Array.from({ length: 100_000 }, (_, i) =>
    keyOf({ name: `lib${i}-devel`, arch: 'x86_64', epoch: '0', version: `1.${i}`, release: '3' }),
  );
  const matcher = matchPackages(Array.from({ length: 100 }, (_, i) => `lib${i * 7}-devel`));
  const started = performance.now();
  expect(many.filter(matcher.fits)).toHaveLength(100);
  expect(performance.now() - started).toBeLessThan(2000);
});
