/** What tells one build of a package from another. */
export interface Build {
  name: string;
  arch: string;
  /** Sorts as rpm does (evr.ts). */
  evrKey: Buffer;
  /** name-epoch:version-release.arch, as modules name their artifacts. */
  nevra: string;
}

/**
 * Which builds are among the `count` newest of their name and architecture. The streams of a module carry the same names in
 * versions of their own, of which a machine uses one: so the builds of each stream and context are counted by themselves,
 * and those of no module by themselves. `lines` names the streams that a nevra belongs to. A build in several is wanted
 * if it is among the newest of any. Two packages of the same version are one build.
 */
export function createNewest(
  builds: Iterable<Build>,
  lines: ReadonlyMap<string, readonly string[]>,
  count: number,
): (build: Build) => boolean {
  const groupsOf = ({ name, arch, nevra }: Build): string[] =>
    (lines.get(nevra) ?? ['']).map((line) => `${name}\n${arch}\n${line}`);
  /** The newest of each group, the newest first, each version once. */
  const newest = new Map<string, Buffer[]>();
  for (const build of builds) {
    for (const group of groupsOf(build)) {
      const best = newest.get(group) ?? [];
      newest.set(group, best);
      const at = best.findIndex((key) => Buffer.compare(build.evrKey, key) >= 0);
      if (at >= 0 && best[at]!.equals(build.evrKey)) continue;
      best.splice(at < 0 ? best.length : at, 0, build.evrKey);
      best.length = Math.min(best.length, count);
    }
  }
  return (build) =>
    groupsOf(build).some((group) => {
      const oldest = newest.get(group)!.at(-1)!;
      return Buffer.compare(build.evrKey, oldest) >= 0;
    });
}
