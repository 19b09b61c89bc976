import { AppError } from '../base/errors.ts';

/** Architectures of rpms. */
const arches = new Set(
  'noarch x86_64 aarch64 i386 i486 i586 i686 athlon ppc64 ppc64le s390 s390x armv7hl ia64 riscv64'.split(
    ' ',
  ),
);

export interface PackageWords {
  name: string;
  epoch?: string;
  version?: string;
  release?: string;
  arch?: string;
}

/**
 * A package as people write it: name, name.arch, or name-[epoch:]version-release.arch. A release begins with a digit, else the
 * hyphens are the name's: java-1.8.0-openjdk.x86_64.
 */
export function packageOf(word: string): PackageWords {
  if (word === '' || word.startsWith('-')) throw new AppError('usage', `${word} is no package`);
  const dot = word.lastIndexOf('.');
  const arch = word.slice(dot + 1);
  if (dot < 1 || !arches.has(arch)) return { name: word };
  const rest = word.slice(0, dot);
  const match = /^(.+)-(?:(\d+):)?([^-:]+)-(\d[^-:]*)$/.exec(rest);
  if (!match) return { name: rest, arch };
  const [, name, epoch = '', version, release] = match;
  return { name: name!, epoch, version: version!, release: release!, arch };
}
