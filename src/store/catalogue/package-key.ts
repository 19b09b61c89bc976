/**
 * What tells a package from another, as one text: name, architecture, epoch, version and release, each on a line. In it the
 * name, and the name with the architecture, are what it begins with.
 */
export type PackageKey = string;

interface Fields {
  name: string;
  arch: string;
  epoch: string;
  version: string;
  release: string;
}

/** A line end inside a field, which no package has that can be installed, becomes a blank. */
export function keyOf({ name, arch, epoch, version, release }: Fields): PackageKey {
  const key = `${name}\n${arch}\n${epoch}\n${version}\n${release}`;
  // Mostly so, and known five times as fast.
  if (wholeKey(key)) return key;
  return [name, arch, epoch, version, release].map((f) => f.replaceAll('\n', ' ')).join('\n');
}

/** Whether there are five lines. */
export function wholeKey(key: string): boolean {
  let at = -1;
  for (let marks = 0; marks < 4; marks++) {
    at = key.indexOf('\n', at + 1);
    if (at < 0) return false;
  }
  return key.indexOf('\n', at + 1) < 0;
}

export function fieldsOf(key: PackageKey): Fields {
  const [name, arch, epoch, version, release] = key.split('\n') as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { name, arch, epoch, version, release };
}

export const nameOf = (key: PackageKey): string => key.slice(0, key.indexOf('\n'));

/** Name and architecture; unlike for every pair. */
export const nameArchOf = (key: PackageKey): string =>
  key.slice(0, key.indexOf('\n', key.indexOf('\n') + 1));

/**
 * The key of name-[epoch:]version-release.arch, as modules name their artifacts; undefined for what is none. Where the epoch
 * is left out it is 0.
 */
export function keyOfNevra(nevra: string): PackageKey | undefined {
  const match = /^(.+)-(?:(\d+):)?([^-:]+)-([^-]+)\.([^.-]+)$/s.exec(nevra);
  if (!match) return undefined;
  const [, name, epoch = '0', version, release, arch] = match;
  return keyOf({ name: name!, arch: arch!, epoch, version: version!, release: release! });
}
