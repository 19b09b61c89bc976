import { AppError } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import type { DerivedParent } from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';

export interface FetchProgress {
  bytes: number;
  totalBytes: number;
  packages: number;
}

/** A package that could not be fetched. */
export interface Unfetched {
  location: string;
  error: AppError;
}

/** Fetches packages of a mirrored source; gives those that failed. Throws AppErrors that would meet all of them. */
export type FetchPackages = (
  label: string,
  packages: readonly PackageFile[],
  options: { signal?: AbortSignal | undefined; onBytes(count: number): void; onPackage(): void },
) => Promise<Unfetched[]>;

/** A package and the mirrored source that it comes from. */
interface OriginPackage {
  label: string;
  pkg: PackageFile;
}

export interface HoldingsDeps {
  objects: Objects;
  packagesOf(revision: DerivedParent): Promise<OriginPackage[]>;
  source(label: string): Source | undefined;
  fetchPackages: FetchPackages;
}

/** What a revision has of packages' bytes. */
export interface Holding {
  packages: number;
  missing: OriginPackage[];
}

export interface FetchReport {
  fetched: number;
  failed: Unfetched[];
  /** Packages of sources that keep none: clients are sent to the upstream. */
  leftUpstream: number;
}

const lookedUpAtOnce = 64;

/** Tells of which packages of a revision the bytes are held, and fetches the others. */
export function createHoldings({ objects, packagesOf, source, fetchPackages }: HoldingsDeps) {
  return {
    /** `seen` is what earlier looks found, by checksum: revisions have most packages in common. */
    async look(revision: DerivedParent, seen = new Map<string, boolean>()): Promise<Holding> {
      const all = await packagesOf(revision);
      const missing: OriginPackage[] = [];
      for (let at = 0; at < all.length; at += lookedUpAtOnce) {
        const some = all.slice(at, at + lookedUpAtOnce);
        const held = await Promise.all(some.map(({ pkg }) => isHeld(pkg, seen)));
        missing.push(...some.filter((_, i) => !held[i]));
      }
      return { packages: all.length, missing };
    },

    /** Fetches packages, each from the mirrored source that it comes from. Throws AppErrors 'cancelled', 'no_space', 'disk'. */
    async fetch(
      missing: readonly OriginPackage[],
      options: { signal?: AbortSignal | undefined; onProgress?: (p: FetchProgress) => void } = {},
    ): Promise<FetchReport> {
      const { signal, onProgress } = options;
      const report: FetchReport = { fetched: 0, failed: [], leftUpstream: 0 };
      const progress = { bytes: 0, totalBytes: 0, packages: 0 };
      for (const { pkg } of missing) progress.totalBytes += pkg.size;
      const tell = (bytes: number, packages: number) => {
        progress.bytes += bytes;
        progress.packages += packages;
        onProgress?.({ ...progress });
      };
      for (const [label, group] of Map.groupBy(missing, (m) => m.label)) {
        const packages = group.map((m) => m.pkg);
        const from = source(label);
        if (from?.kind !== 'mirrored') {
          report.failed.push(...packages.map((pkg) => unfetched(pkg, label)));
        } else if (from.packages === 'none') report.leftUpstream += packages.length;
        else {
          const failed = await fetchPackages(label, packages, {
            signal,
            onBytes: (count) => tell(count, 0),
            onPackage: () => tell(0, 1),
          });
          report.failed.push(...failed);
          report.fetched += packages.length - failed.length;
        }
      }
      return report;
    },
  };

  async function isHeld({ checksum }: PackageFile, seen: Map<string, boolean>): Promise<boolean> {
    const key = `${checksum.type}:${checksum.value}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const held = (await objects.findBy(checksum)) !== undefined;
    seen.set(key, held);
    return held;
  }
}

export type Holdings = ReturnType<typeof createHoldings>;

const unfetched = ({ location }: PackageFile, label: string): Unfetched => ({
  location,
  error: new AppError('not_found', `source ${label}, which it comes from, is not defined any more`),
});
