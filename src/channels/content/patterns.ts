import { fieldsOf, nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { compileGlob, type Glob } from './glob.ts';

/** Finds what fits some patterns, and which of them fit nothing. */
export interface Matcher<T> {
  fits(value: T): boolean;
  /** The patterns that nothing fitted yet that was asked about. */
  unused(): string[];
}

/** Patterns for one name, such as a group's id. */
export function matchTexts(patterns: readonly string[]): Matcher<string> {
  const exact = new Set<string>();
  const globs = new Map<string, Glob>();
  for (const pattern of patterns) {
    const glob = compileGlob(pattern);
    if (glob.exact) exact.add(pattern);
    else globs.set(pattern, glob);
  }
  const used = new Set<string>();
  return {
    fits(text) {
      let found = exact.has(text);
      if (found) used.add(text);
      for (const [pattern, glob] of globs) {
        if ((found && used.has(pattern)) || !glob.fits(text)) continue;
        found = true;
        used.add(pattern);
      }
      return found;
    },
    unused: () => unusedOf(patterns, used),
  };
}

/** Patterns for modules: `name`, which any of its streams fits, or `name:stream`. */
export function matchModules(
  patterns: readonly string[],
): Matcher<{ name: string; stream: string }> {
  const compiled = [...new Set(patterns)].map((pattern) => {
    const at = pattern.indexOf(':');
    const name = compileGlob(at < 0 ? pattern : pattern.slice(0, at));
    return { pattern, name, stream: at < 0 ? undefined : compileGlob(pattern.slice(at + 1)) };
  });
  const used = new Set<string>();
  return {
    fits(module) {
      let found = false;
      for (const { pattern, name, stream } of compiled) {
        if (!name.fits(module.name) || stream?.fits(module.stream) === false) continue;
        found = true;
        used.add(pattern);
      }
      return found;
    },
    unused: () => unusedOf(patterns, used),
  };
}

/**
 * Patterns for packages: `name`, `name.arch`, `name-version`, `name-version-release`, `name-version-release.arch`, with the epoch
 * before the version or before the name where one likes. What is one of these of a package fits, whatever else it may be of
 * another; what has an epoch only by a pattern with a colon, else `[0-9]*` would fit all by their epochs. Source: yum's
 * `buildPkgRefDict`, hawkey's forms of a NEVRA.
 */
export function matchPackages(patterns: readonly string[]): Matcher<PackageKey> {
  const exact = new Map<string, string[]>();
  const globs: { pattern: string; glob: Glob; colon: boolean; anyHead: boolean }[] = [];
  for (const pattern of new Set(patterns)) {
    const glob = compileGlob(pattern);
    if (glob.exact) {
      for (const name of namesIn(pattern)) exact.set(name, [...(exact.get(name) ?? []), pattern]);
    } else {
      const colon = pattern.includes(':');
      // Digits at the beginning may be an epoch.
      globs.push({ pattern, glob, colon, anyHead: colon && /^\d*(?::|$)/.test(glob.head) });
    }
  }
  const used = new Set<string>();
  return {
    fits(key) {
      const name = nameOf(key);
      const candidates = exact.get(name);
      let forms: Forms | undefined;
      let found = false;
      for (const pattern of candidates ?? []) {
        forms ??= formsOf(key);
        if (!forms.all.includes(pattern)) continue;
        found = true;
        used.add(pattern);
      }
      for (const { pattern, glob, colon, anyHead } of globs) {
        if (found && used.has(pattern)) continue;
        const { head } = glob;
        if (!anyHead && !name.startsWith(head) && !head.startsWith(name)) continue;
        if (!glob.fits(name)) {
          forms ??= formsOf(key);
          if (!(colon ? forms.all : forms.plain).some(glob.fits)) continue;
        }
        found = true;
        used.add(pattern);
      }
      return found;
    },
    unused: () => unusedOf(patterns, used),
  };
}

/** The names that a package may have which a pattern without wildcards fits. */
export function namesIn(pattern: string): Set<string> {
  const names = new Set([pattern]);
  const bare = pattern.replace(/^\d+:/, '');
  names.add(bare);
  for (let at = 1; at < bare.length; at++) {
    if (bare[at] === '-' || bare[at] === '.') names.add(bare.slice(0, at));
  }
  return names;
}

interface Forms {
  /** Without an epoch. */
  plain: string[];
  all: string[];
}

/** All that a package may be called. */
export function formsOf(key: PackageKey): Forms {
  const { name, arch, epoch, version, release } = fieldsOf(key);
  const vr = `${version}-${release}`;
  const evrs = [version, vr, `${vr}.${arch}`];
  const plain = [name, `${name}.${arch}`, ...evrs.map((evr) => `${name}-${evr}`)];
  const withEpoch = evrs.flatMap((evr) => [`${name}-${epoch}:${evr}`, `${epoch}:${name}-${evr}`]);
  return { plain, all: [...plain, ...withEpoch] };
}

function unusedOf(patterns: readonly string[], used: ReadonlySet<string>): string[] {
  return [...new Set(patterns)].filter((pattern) => !used.has(pattern));
}
