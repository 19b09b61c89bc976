import { AppError } from './base/errors.ts';
import { shownUrl } from './base/redact.ts';
import type { Source } from './base/source.ts';
import { channelUrl } from './channels/repofile.ts';
import type { SyncRunner } from './mirror/sync-runner.ts';
import type {
  Check,
  Operations,
  SourceDetails,
  SourceSummary,
  SyncResult,
} from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';
import { readManifest } from './store/objects/manifest.ts';
import type { Objects } from './store/objects/objects.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import type { SyncTable } from './store/state/syncs.ts';

interface Deps {
  sources: SourceSet;
  revisions: RevisionTable;
  syncs: SyncTable;
  objects: Objects;
  runner: SyncRunner;
  publicUrl(): string;
  nextSync(label: string): Date | undefined;
  /** A source came, went or changed. */
  onChanged(label: string): void;
  doctor(): Promise<Check[]>;
}

const shownHistory = 10;

/** The operations of the command line, on this process's own data folder. */
export function createOperations(deps: Deps): Operations {
  const { sources, revisions, syncs, runner } = deps;

  async function summary(label: string, source: Source | undefined): Promise<SourceSummary> {
    const current = await revisions.current(label);
    const history = await syncs.last(label, shownHistory);
    const [last] = history;
    const counted = history.find((r) => r.packages !== null && r.revision === current?.number);
    return {
      label,
      name: source?.name ?? label,
      arch: source?.arch ?? null,
      upstream: source ? source.upstream.urls.map((u) => shownUrl(u)).join(' ') : '',
      origin: source?.origin ?? 'none',
      revision: current?.number ?? null,
      packages: counted?.packages ?? null,
      lastSync: last ? { at: last.startedAt, outcome: last.outcome, reason: last.reason } : null,
      nextSync: deps.nextSync(label)?.toISOString() ?? null,
    };
  }

  async function exists(label: string): Promise<Source | undefined> {
    const source = sources.get(label);
    if (!source && !(await revisions.current(label))) throw noSource(label);
    return source;
  }

  return {
    async listSources() {
      const labels = new Set([...sources.all().map((s) => s.label), ...(await revisions.labels())]);
      return Promise.all([...labels].map((label) => summary(label, sources.get(label))));
    },

    async showSource(label): Promise<SourceDetails> {
      const source = await exists(label);
      const current = await revisions.current(label);
      const manifest = current && (await readManifest(deps.objects, current.manifest));
      return {
        ...(await summary(label, source)),
        parent: source?.parent ?? null,
        release: source?.release ?? null,
        policy: {
          packages: source?.packages ?? '',
          verifyRepomd: source?.verifyRepomd ?? '',
          verifyPackages: source?.verifyPackages ?? '',
          gpgKeys: (source?.gpgKeys ?? []).map(({ key }) =>
            key.includes('-----BEGIN') ? '(inline key)' : shownUrl(key),
          ),
          sync: schedule(source),
        },
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

    async addSource(definition) {
      const source = await sources.add(definition);
      deps.onChanged(source.label);
      return summary(source.label, source);
    },

    async removeSource(label) {
      await exists(label);
      if (runner.isRunning(label)) {
        throw new AppError('conflict', `source ${label} is being synced`, {
          hint: 'try again when that is over',
        });
      }
      await sources.remove(label);
      await revisions.forget(label);
      deps.onChanged(label);
    },

    async sync({ labels, allowOlder }, onEvent) {
      const wanted =
        labels.length === 0
          ? sources.all()
          : labels.map((label) => {
              const source = sources.get(label);
              if (!source) throw noSource(label);
              return source;
            });
      return Promise.all(
        wanted.map(async ({ label, ...rest }): Promise<SyncResult> => {
          const end = await runner.run(
            { label, ...rest },
            { allowOlder, onProgress: (progress) => onEvent({ label, ...progress }) },
          );
          return {
            label,
            outcome: end.outcome as SyncResult['outcome'],
            reason: end.reason ?? null,
            kind: end.errorKind ?? null,
            revision: end.revision ?? null,
            bytes: end.bytes ?? 0,
            packages: end.packages ?? null,
            packagesAdded: end.packagesAdded ?? null,
            packagesRemoved: end.packagesRemoved ?? null,
            advisoriesNew: end.advisoriesNew ?? null,
            setAsideCount: end.setAsideCount ?? 0,
            setAside: end.setAside ?? [],
            warnings: end.warnings ?? [],
            took: end.took,
          };
        }),
      );
    },

    doctor: deps.doctor,
  };
}

const noSource = (label: string) =>
  new AppError('not_found', `there is no source ${label}`, {
    hint: '`headwater source list` shows those there are',
  });

function schedule(source: Source | undefined): string {
  const { cron, everyMs } = source?.sync ?? {};
  if (cron) return `cron ${cron}`;
  return everyMs ? `every ${everyMs / 60_000} min` : 'by hand';
}
