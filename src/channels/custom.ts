import { AppError } from '../base/errors.ts';
import { noSource } from '../base/no-source.ts';
import type { CustomSource, Source } from '../base/source.ts';
import { keyOfNevra } from '../store/catalogue/package-key.ts';
import type { Leases } from '../store/collect/leases.ts';
import type { CustomPackage, CustomPackageTable } from '../store/state/custom-packages.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import { formsOf } from './content/patterns.ts';
import type { ContentThread } from './content/thread.ts';
import { choose, type Found, refuseUnknown } from './custom-choice.ts';
import type { Publisher } from './publisher.ts';
import type { Resolver } from './resolve.ts';

export interface CustomDeps {
  customPackages: CustomPackageTable;
  revisions: Pick<RevisionTable, 'numberOf'>;
  leases: Pick<Leases, 'take'>;
  content: Pick<ContentThread, 'pick'>;
  resolver: Pick<Resolver, 'resolve'>;
  publisher: Pick<Publisher, 'expire' | 'update'>;
  source(label: string): Source | undefined;
  sources(): Source[];
  /** Hears which sources the packages of a custom one were taken from. */
  tookFrom(label: string, from: readonly string[]): void;
  /** Hears that one has other packages than before, and is published. */
  onChanged(source: CustomSource): void;
}

export interface PackageChange {
  label: string;
  /** NEVRAs. */
  added: string[];
  removed: string[];
  /** How many it has now. */
  packages: number;
  revision: number;
}

/** Puts packages into custom sources and takes them out: one change after the other for each source, and each whole or not at all. */
export function createCustom(deps: CustomDeps) {
  const { customPackages: table, content, resolver } = deps;
  const turns = new Map<string, Promise<unknown>>();

  function inTurn<T>(label: string, work: () => Promise<T>): Promise<T> {
    const own = (turns.get(label) ?? Promise.resolve()).catch(() => {}).then(work);
    turns.set(label, own);
    const leave = () => turns.get(label) === own && turns.delete(label);
    own.then(leave, leave);
    return own;
  }

  function customOf(label: string): CustomSource {
    const source = deps.source(label);
    if (!source) throw noSource(label);
    if (source.kind === 'custom') return source;
    throw new AppError(
      'conflict',
      `source ${label} is no custom source: it has what it is made of`,
      {
        hint: 'make one with `headwater source add LABEL --custom`',
      },
    );
  }

  /**
   * What each of the names means in each of some sources, of those that were published. What is made of others is only looked
   * through for what no mirrored source of them has: it has what they have, or had.
   */
  async function find(names: readonly string[], labels: readonly string[]): Promise<Found> {
    const found: Found = new Map(names.map((name) => [name, []]));
    const isMirrored = (label: string) => deps.source(label)?.kind === 'mirrored';
    await findIn(found, labels.filter(isMirrored));
    const rest = [...found].filter(([, packages]) => packages.length === 0);
    await findIn(
      new Map(rest),
      labels.filter((label) => !isMirrored(label)),
    );
    return found;
  }

  async function findIn(found: Found, labels: readonly string[]): Promise<void> {
    const asked = [...found.keys()];
    if (asked.length === 0) return;
    for (const label of labels) {
      const at = await resolver.resolve(label).catch(notYet);
      const picked = at && (await content.pick({ label, manifest: at.manifest }, asked));
      for (const [i, packages] of (picked ?? []).entries()) found.get(asked[i]!)!.push(...packages);
    }
  }

  /** With the numbers of the revisions that they were taken from. */
  async function numbered(packages: Omit<CustomPackage, 'revision'>[]): Promise<CustomPackage[]> {
    const numbers = new Map<string, Promise<number | null>>();
    const number = (source: string, manifest: string) => {
      const known = numbers.get(manifest) ?? deps.revisions.numberOf(source, manifest);
      numbers.set(manifest, known);
      return known;
    };
    return Promise.all(
      packages.map(async (p) => ({ ...p, revision: await number(p.source, p.manifest) })),
    );
  }

  /** Takes packages from their sources' current revisions where those still have them, so that few old ones are needed. */
  async function moved(packages: readonly CustomPackage[]): Promise<CustomPackage[]> {
    const result: CustomPackage[] = [];
    for (const [label, own] of Map.groupBy(packages, (p) => p.source)) {
      const current = deps.source(label) && (await resolver.resolve(label).catch(notYet));
      if (!current || own.every((p) => p.manifest === current.manifest)) {
        result.push(...own);
        continue;
      }
      const { manifest } = current;
      const picked = await content.pick(
        { label, manifest },
        own.map((p) => p.nevra),
      );
      result.push(
        ...own.map((p, i) => {
          const at = picked[i]!.find((f) => f.nevra === p.nevra);
          return at ? { ...p, manifest: at.manifest, revision: current.number } : p;
        }),
      );
    }
    return result;
  }

  async function publish(
    source: CustomSource,
    before: CustomPackage[],
    after: CustomPackage[],
  ): Promise<PackageChange> {
    const { label } = source;
    const lease = await deps.leases.take([...new Set(after.map((p) => p.manifest))]);
    let revision: number;
    try {
      await table.replace(label, after);
      deps.publisher.expire(label);
      const published = await deps.publisher.update(label);
      if (!published) throw noSource(label);
      revision = published.number;
    } catch (error) {
      await table.replace(label, before);
      deps.publisher.expire(label);
      throw error;
    } finally {
      lease.end();
    }
    deps.tookFrom(label, [...new Set(after.map((p) => p.source))].sort());
    deps.onChanged(source);
    const [had, has] = [before, after].map((list) => new Set(list.map((p) => p.nevra)));
    return {
      label,
      added: [...has!].filter((nevra) => !had!.has(nevra)).sort(),
      removed: [...had!].filter((nevra) => !has!.has(nevra)).sort(),
      packages: after.length,
      revision,
    };
  }

  return {
    /**
     * Adds the packages that names mean (see choose) in other sources: in all, or in those of `from`, in that order. What it
     * has already stays as it is. Throws AppErrors: 'usage' names all that mean nothing.
     */
    add: (label: string, names: readonly string[], from?: readonly string[]) =>
      inTurn(label, async (): Promise<PackageChange> => {
        const source = customOf(label);
        const before = await table.of(label);
        const had = new Set(before.map((p) => p.nevra));
        const chosen = choose(await find(names, searched(label, from)), source.arch);
        const fresh = [...chosen.values()].filter((p) => !had.has(p.nevra));
        const added = await numbered(
          fresh.map(({ nevra, label: of, manifest }) => ({ nevra, source: of, manifest })),
        );
        return publish(source, before, await moved([...before, ...added]));
      }),

    /** Takes the packages out that names mean, of all versions and architectures that fit. Throws AppErrors, as `add`. */
    remove: (label: string, names: readonly string[]) =>
      inTurn(label, async (): Promise<PackageChange> => {
        const source = customOf(label);
        const before = await table.of(label);
        const unused = new Set(names);
        const asked = new Set(names);
        const going = new Set<CustomPackage>();
        for (const one of before) {
          for (const form of formsOf(keyOfNevra(one.nevra)!).all) {
            if (!asked.has(form)) continue;
            unused.delete(form);
            going.add(one);
          }
        }
        refuseUnknown([...unused], `source ${label} has`);
        return publish(source, before, await moved(before.filter((p) => !going.has(p))));
      }),

    /** Does something with a source while its packages stay as they are. */
    alone: inTurn,

    list: (label: string): Promise<CustomPackage[]> => {
      customOf(label);
      return table.of(label);
    },

    /** Waits for what is under way. */
    settled: async (): Promise<void> => void (await Promise.allSettled(turns.values())),
  };

  function searched(label: string, from: readonly string[] | undefined): string[] {
    const others = from ?? deps.sources().map((s) => s.label);
    return others.filter((other) => other !== label);
  }
}

/** For a source that has nothing yet. */
function notYet(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}
