import { explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { Source } from './base/source.ts';
import { createChannels } from './channels/channels.ts';
import { createPublisher } from './channels/publisher.ts';
import { createRenderer } from './channels/render/renderer.ts';
import { renderingOf } from './channels/rendering.ts';
import { createResolver, type Resolved, type Resolver } from './channels/resolve.ts';
import type { SigningKeys } from './channels/signing/keys.ts';
import type { SourceSet } from './source-set.ts';
import type { Catalogue } from './store/catalogue/catalogue.ts';
import type { Leases } from './store/collect/leases.ts';
import { putDerived } from './store/objects/derived.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DataPaths } from './store/paths.ts';
import type { CustomPackageTable } from './store/state/custom-packages.ts';
import type { DefinitionTable } from './store/state/definitions.ts';
import type { RevisionTable } from './store/state/revisions.ts';

export interface OfferingDeps {
  paths: DataPaths;
  objects: Objects;
  leases: Leases;
  catalogue: Catalogue;
  revisions: RevisionTable;
  definitions: DefinitionTable;
  customPackages: Pick<CustomPackageTable, 'parents'>;
  sources: SourceSet;
  signing: SigningKeys;
  log: Log;
  grace(): number;
  refusal(label: string, before: string | undefined, after: string): Promise<string | undefined>;
  /** A source got a new revision. */
  onPublished(label: string): void;
  /** Whether clients are served; if not, nothing is made ahead for them. */
  isServing(): boolean;
}

export type Offering = ReturnType<typeof createOffering>;

/** A revision, its number null where it is not published. */
export type Upcoming = Pick<Resolved, 'label' | 'number' | 'manifest'> & { problem: string | null };

/** Puts together what clients are offered: the channels, and the views and stages that are made of what is mirrored. */
export function createOffering(deps: OfferingDeps) {
  const { objects, revisions, definitions, sources, signing, log } = deps;
  const source = sources.get;
  const signedBy = async () => (await signing.ensure()).fingerprints;
  const renderer = createRenderer({
    paths: deps.paths,
    signingKeys: signing.privateKeys,
    catalogue: deps.catalogue.identity,
  });
  const known = createResolver({ objects, revisions, definitions, source, signedBy });
  const publisher = createPublisher({
    ...{ objects, revisions, renderer, resolver: known, log, source, signedBy },
    leases: deps.leases,
    sources: sources.all,
    refusal: deps.refusal,
    picked: deps.customPackages.parents,
    onPublished: published,
  });
  const channels = createChannels({
    ...{ objects, catalogue: deps.catalogue, revisions, renderer, resolver: known },
    ...{ source, signedBy, grace: deps.grace, ask: publisher.ask },
  });

  /** A source got a new revision: clients see it, and those that draw from it follow. */
  function published(label: string): void {
    channels.invalidate(label);
    publisher.follow(label);
    deps.onPublished(label);
    warm(label);
  }

  /** What was encoded ahead of each mirrored source last: its revision and the way. */
  const warmed = new Map<string, string>();

  /** Encodes ahead what views of a mirrored source will share. */
  function warm(label: string): void {
    const drawn = sources.all().filter((s) => s.kind === 'view' && s.from.includes(label));
    if (!deps.isServing() || source(label)?.kind !== 'mirrored' || drawn.length === 0) return;
    void warmNow(label, drawn).catch((error) =>
      log.warn({ source: label, err: error }, 'not encoded ahead'),
    );
  }

  async function warmNow(label: string, drawn: ReturnType<SourceSet['all']>): Promise<void> {
    const current = await revisions.current(label);
    if (!current || current.derived) return;
    const parents = [{ label, revision: current.number, manifest: current.manifest }];
    const ways = new Set<'gzip' | 'zstd'>();
    for (const view of drawn) {
      const rendering = await renderingOf({ objects, source, signedBy }, view, parents);
      ways.add(rendering.compression);
    }
    const wanted = [current.manifest, ...[...ways].toSorted()].join();
    if (warmed.get(label) === wanted) return;
    warmed.set(label, wanted);
    for (const way of ways) await renderer.warm(label, current.manifest, way);
  }

  return {
    channels,
    publisher,

    /** The public keys that sign what this server makes, armoured; empty where it makes nothing. */
    async serverKeys(): Promise<string> {
      // Clients ask for it before anything was made.
      const makes = (s: Source) => s.kind !== 'mirrored' || s.keepOriginals !== undefined;
      if (sources.all().some(makes)) await signing.ensure();
      return signing.publicKeys();
    },

    published,

    /** As the resolver does; the current revision of a view is the one that it would have now. */
    resolver: {
      async resolve(label: string, spec?: string) {
        if (spec === undefined && source(label)?.kind === 'view') {
          // What cannot be brought up to date is as it was.
          await publisher.update(label).catch(async (error) => {
            if (!(await revisions.current(label))) throw error;
          });
        }
        return known.resolve(label, spec);
      },

      behind: known.behind,

      /**
       * What a view would have now, also where that is not published, and then why; of other sources the current revision.
       * Throws AppErrors.
       */
      async upcoming(label: string): Promise<Upcoming> {
        const own = source(label);
        if (own?.kind === 'view') {
          try {
            await publisher.update(label);
          } catch (error) {
            const { derived } = await known.derive(label, own);
            const manifest = await putDerived(objects, derived);
            return { label, number: null, manifest, problem: explain(error) };
          }
        }
        return { ...(await known.resolve(label)), problem: null };
      },
    } satisfies Pick<Resolver, 'resolve' | 'behind'> & { upcoming: unknown },

    /** The revisions that views need for as long as they are of a time. */
    frozen: () => known.frozen(sources.all().filter((s) => s.kind === 'view')),

    /** Sources were added, changed or removed, one or any: notes what they are from now on, and looks at them anew. */
    async redefine(label?: string): Promise<void> {
      await definitions.note(sources.all().filter((s) => s.kind === 'view'));
      if (label === undefined) {
        channels.invalidateAll();
        publisher.expireAll();
      } else {
        channels.invalidate(label);
        publisher.expire(label);
      }
    },

    sweepCache: (dryRun: boolean) => renderer.sweep(dryRun),

    /** Revisions, or documents of them, of one source or any, were removed. */
    lookAgain(label?: string): void {
      if (label === undefined) channels.invalidateAll();
      else channels.forget(label);
    },

    /** Other keys sign from now on. */
    signAnew(): void {
      channels.invalidateAll();
      publisher.expireAll();
    },

    /** Encodes ahead what views share. */
    warmAll(): void {
      for (const { label } of sources.mirrored()) warm(label);
    },

    async close(): Promise<void> {
      await publisher.close();
      await renderer.close();
    },
  };
}
