import { compareEvr } from '../repodata/evr.ts';
import { keyOf } from '../store/catalogue/package-key.ts';

/** A build of a package. */
export interface Build {
  name: string;
  /** Empty, or 0, for none. */
  epoch: string;
  version: string;
  release: string;
  arch: string;
}

/** What a channel has of some names. */
export interface NamedBuilds {
  builds: readonly Build[];
  /** Builds that streams of modules list, whether they are there or not. */
  modular: readonly { build: Build; stream: string }[];
}

/**
 * The newest build of what is installed that an instance may have: of the same name and architecture, out of the streams of
 * modules that the installed one is of, else of none. The installed one itself where nothing newer is there.
 */
export function newestFor(installed: Build, channels: readonly NamedBuilds[]): Build {
  const streams = new Map<string, Set<string>>();
  for (const { build, stream } of channels.flatMap((c) => c.modular)) {
    const key = idOf(build);
    streams.set(key, (streams.get(key) ?? new Set()).add(stream));
  }
  const own = streams.get(idOf(installed));
  // A modular build of which no stream is known: another stream may not be put in its place.
  if (!own && /\.module[+_]/.test(installed.release)) return installed;
  const isOfItsStreams = (build: Build) => {
    const of = streams.get(idOf(build));
    return own ? [...(of ?? [])].some((stream) => own.has(stream)) : of === undefined;
  };
  let newest = installed;
  for (const build of channels.flatMap((c) => c.builds)) {
    if (build.name !== installed.name || build.arch !== installed.arch) continue;
    if (isOfItsStreams(build) && compareEvr(build, newest) > 0) newest = build;
  }
  return newest;
}

const idOf = (build: Build): string => keyOf({ ...build, epoch: build.epoch || '0' });

/** Of several versions of a name and architecture that are installed side by side the newest. */
export function latestInstalled(installed: readonly Build[]): Build[] {
  const latest = new Map<string, Build>();
  for (const build of installed) {
    const key = `${build.name}.${build.arch}`;
    const before = latest.get(key);
    if (!before || compareEvr(build, before) > 0) latest.set(key, build);
  }
  return [...latest.values()];
}
