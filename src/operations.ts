import { AppError } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import { shownUrl } from './base/redact.ts';
import type { MirroredSource, Source } from './base/source.ts';
import type { ContentThread } from './channels/content/thread.ts';
import { channelUrl } from './channels/repofile.ts';
import type { SigningKeys } from './channels/signing/keys.ts';
import { createDefinitionOperations } from './definition-operations.ts';
import type { createDerivedDetails } from './derived-details.ts';
import { createGcOperations } from './gc-operations.ts';
import { createKeyOperations } from './key-operations.ts';
import type { ManagedOperations } from './managed-operations.ts';
import type { SyncRunner } from './mirror/sync-runner.ts';
import type { Verifier, VerifyProgress } from './mirror/verify.ts';
import type { CheckOperations } from './server/control/checks.ts';
import type { CustomOperations } from './server/control/custom.ts';
import type {
  Check,
  Operations,
  SourceDetails,
  SourceSummary,
} from './server/control/operations.ts';
import type { TimeOperations } from './server/control/time.ts';
import type { SourceSet } from './source-set.ts';
import { createSourceStates } from './source-states.ts';
import type { Rebuild } from './store/catalogue/rebuild.ts';
import type { Collector } from './store/collect/collector.ts';
import { findManifest } from './store/objects/manifest.ts';
import type { Revision } from './store/state/revisions.ts';
import type { SnapshotTable } from './store/state/snapshots.ts';
import type { SyncTable } from './store/state/syncs.ts';
import { createSyncOperations, notMirrored } from './sync-operations.ts';
import { createViewOperations, type ViewDeps } from './view-operations.ts';
import { createViewPreview, type PreviewDeps } from './view-preview.ts';

interface Deps extends PreviewDeps {
  sources: SourceSet;
  syncs: SyncTable;
  snapshotTable: Pick<SnapshotTable, 'list'>;
  runner: SyncRunner;
  verifier: Verifier;
  rebuild: Rebuild;
  signing: SigningKeys;
  dataFolder: string;
  time: TimeOperations;
  /** How many packages a revision has; null where that is not known at once. */
  count(revision: Revision): number | null;
  derived: ReturnType<typeof createDerivedDetails>;
  content: ContentThread;
  resolver: ViewDeps['resolver'];
  checks: CheckOperations;
  managed: ManagedOperations;
  fleetStores: Parameters<typeof createSourceStates>[0]['fleetStores'];
  custom: {
    operations: CustomOperations;
    /** Does something with a source while its packages stay as they are. */
    alone<T>(label: string, work: () => Promise<T>): Promise<T>;
  };
  /** A source is gone. */
  onRemoved(label: string): Promise<void>;
  collector: Collector;
  publicUrl(): string;
  /** Brings a source that is made of others up to its definition. */
  publish(label: string): Promise<unknown>;
  nextSync(label: string): Date | undefined;
  /** A source came, went or changed. */
  onChanged(label: string): Promise<void>;
  doctor(): Promise<Check[]>;
}

const shownHistory = 10;
const shownNames = 3;

/** The operations of the command line, on this process's own data folder. */
export function createOperations(deps: Deps): Operations {
  const { sources, revisions, syncs, runner } = deps;
  const preview = createViewPreview(deps);

  async function summary(label: string, source: Source | undefined): Promise<SourceSummary> {
    const current = await revisions.current(label);
    const history = await syncs.last(label, shownHistory);
    const [last] = history;
    const urls = source?.kind === 'mirrored' ? source.upstream.urls : [];
    const counted = history.find((r) => r.packages !== null && r.revision === current?.number);
    return {
      label,
      name: source?.name ?? label,
      arch: source?.arch ?? null,
      kind: source?.kind ?? null,
      upstream: urls.map((u) => shownUrl(u)).join(' '),
      origin: source?.origin ?? 'none',
      revision: current?.number ?? null,
      packages: counted?.packages ?? (current ? deps.count(current) : null),
      parents: await deps.derived.parents(source, current),
      lastSync: last ? { at: last.startedAt, outcome: last.outcome, reason: last.reason } : null,
      nextSync: deps.nextSync(label)?.toISOString() ?? null,
      paused: sources.isPaused(label),
      problem: deps.derived.problem(source),
    };
  }

  async function exists(label: string): Promise<Source | undefined> {
    const source = sources.get(label);
    if (!source && !(await revisions.current(label))) throw noSource(label);
    return source;
  }

  function refuseRunning(label: string): void {
    const doing = runner.isRunning(label) ? 'synced' : deps.verifier.isRunning(label) && 'verified';
    if (!doing) return;
    throw new AppError('conflict', `source ${label} is being ${doing}`, {
      hint: `try again when that is over, or break it off with \`headwater sync --cancel ${label}\``,
    });
  }

  /** What somebody named is not to be lost by the way. */
  async function refuseNamed(label: string): Promise<void> {
    const all = await deps.snapshotTable.list(label);
    const names = all.filter((s) => s.kind === 'manual').map((s) => s.name);
    if (names.length === 0) return;
    const some = names.length === 1 ? 'a snapshot that was' : `${names.length} snapshots that were`;
    const more = names.length > shownNames ? ', …' : '';
    throw new AppError(
      'conflict',
      `source ${label} has ${some} made by hand: ${names.slice(0, shownNames).join(', ')}${more}`,
      {
        hint: `remove what is not needed any more first: \`headwater snapshot remove ${label} ${names[0]}\``,
      },
    );
  }

  return {
    async listSources() {
      const labels = new Set([...sources.all().map((s) => s.label), ...(await revisions.labels())]);
      return Promise.all([...labels].map((label) => summary(label, sources.get(label))));
    },

    async showSource(label): Promise<SourceDetails> {
      const source = await exists(label);
      const current = await revisions.current(label);
      const manifest = current && (await findManifest(deps.objects, current.manifest));
      return {
        ...(await summary(label, source)),
        parent: source?.parent ?? null,
        release: source?.release ?? null,
        policy: source?.kind === 'mirrored' ? policyOf(source) : null,
        made: await deps.derived.made(source, current),
        url: channelUrl(deps.publicUrl(), label),
        published: current?.publishedAt ?? null,
        upstreamRevision: manifest?.upstreamRevision ?? null,
        trust: manifest?.trust ?? null,
        keys: (manifest?.keys ?? []).map(({ from, fingerprints }) => ({ from, fingerprints })),
        documents: (manifest?.files ?? []).map(({ type, path, size }) => ({
          type,
          path,
          bytes: size,
        })),
        history: await syncs.last(label, shownHistory),
      };
    },

    // Not in the middle of a change, which would leave packages of a source that is gone.
    removeSource: (label) =>
      deps.custom.alone(label, async () => {
        await exists(label);
        refuseRunning(label);
        await deps.managed.refuseUsed(label);
        await refuseNamed(label);
        await sources.remove(label);
        await revisions.forget(label);
        await deps.onRemoved(label);
        await deps.onChanged(label);
      }),

    async pauseSource(label) {
      const source = await exists(label);
      await sources.pause(label);
      await deps.onChanged(label);
      return summary(label, source);
    },

    async resumeSource(label) {
      const source = await exists(label);
      await sources.resume(label);
      await deps.onChanged(label);
      return summary(label, source);
    },

    async setSourceUrls(label, urls) {
      if (!sources.get(label)) throw noSource(label);
      if (sources.get(label)?.kind !== 'mirrored') throw notMirrored(label);
      refuseRunning(label);
      const source = await sources.setUrls(label, urls);
      await syncs.forgetValidators(label);
      await deps.onChanged(label);
      return summary(label, source);
    },

    ...createKeyOperations(deps),
    ...createViewOperations({
      ...deps,
      preview,
      summary: (label) => summary(label, sources.get(label)),
    }),
    ...createSyncOperations({ sources, runner, verifier: deps.verifier }),
    ...deps.time,
    ...deps.checks,
    ...deps.managed.operations,
    ...deps.custom.operations,
    ...createSourceStates(deps),
    ...createDefinitionOperations({ ...deps, preview, refuseRunning, summary }),
    async verifySource(label, { repair }, onEvent) {
      const source = await exists(label);
      if (source && source.kind !== 'mirrored') throw notMirrored(label);
      const onProgress = (progress: VerifyProgress) => onEvent({ label, ...progress });
      return deps.verifier.verify(label, { source, repair, onProgress });
    },

    ...createGcOperations(deps),

    async rebuildCatalogue(onEvent) {
      if (deps.collector.isRunning()) {
        throw new AppError('conflict', 'space is being collected', {
          hint: 'try again when that is over',
        });
      }
      const started = performance.now();
      const event = { step: 'rebuild', bytes: 0, totalBytes: 0, packages: 0 };
      const report = await deps.rebuild.run((label) => onEvent({ label, ...event }));
      const took = Math.round(performance.now() - started);
      return { sources: (await revisions.labels()).length, ...report, took };
    },

    doctor: deps.doctor,
  };
}

function policyOf(source: MirroredSource): NonNullable<SourceDetails['policy']> {
  return {
    packages: source.packages,
    newest: source.newest ?? null,
    installationTree: source.installationTree,
    verifyRepomd: source.verifyRepomd,
    verifyPackages: source.verifyPackages,
    gpgKeys: source.gpgKeys.map(({ key }) =>
      key.includes('-----BEGIN') ? '(inline key)' : shownUrl(key),
    ),
    sync: schedule(source),
  };
}

function schedule(source: MirroredSource): string {
  const { cron, everyMs } = source.sync ?? {};
  if (cron) return `cron ${cron}`;
  return everyMs ? `every ${everyMs / 60_000} min` : 'by hand';
}
