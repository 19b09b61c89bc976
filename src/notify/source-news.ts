import type { NewAdvisories } from '../store/catalogue/new-advisories.ts';
import type { SyncEnd, SyncTable } from '../store/state/syncs.ts';
import type { ToldTable } from '../store/state/told.ts';
import type { Notifications } from './notifications.ts';

interface Deps {
  notifications: Pick<Notifications, 'notify' | 'isWanted'>;
  told: Pick<ToldTable, 'of' | 'note'>;
  syncs: Pick<SyncTable, 'last' | 'lastSuccess'>;
  /** The revision that is served of a source. */
  current(label: string): Promise<{ number: number } | undefined>;
  newAdvisories(
    label: string,
    since: { after: number; most: number; mostCves: number },
  ): NewAdvisories | undefined;
  /** The instances that an advisory concerns and that lack it; undefined where that cannot be said. */
  affected(advisory: string): Promise<number[] | undefined>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A source that still fails for the same reason is told of again after so many milliseconds. */
const remindedAfter = 86_400_000;
/** So many failures in a row are looked at. */
const lookedBack = 100;
const listedAdvisories = 50;
const listedCves = 10;
/** Characters of what upstreams say. */
const longest = 1000;
const longestTitle = 200;

/** What is told of syncs: that they fail, and which security advisories they brought. */
export function createSourceNews({ notifications, told, syncs, now, ...deps }: Deps) {
  async function failed(label: string, { reason, errorKind }: SyncEnd): Promise<void> {
    const { finishedAt } = await syncs.lastSuccess(label);
    const history = await syncs.last(label, lookedBack);
    const before = history.findIndex((sync) => !stillFailing.has(sync.outcome));
    const row = history.slice(0, before === -1 ? undefined : before);
    const failures = row.filter((sync) => sync.outcome === 'failed');
    const about = {
      source: label,
      reason: reason?.slice(0, longest) ?? null,
      kind: errorKind ?? null,
      /** Of the first of those that failed in a row. */
      failing_since: failures.at(-1)?.startedAt ?? null,
      last_success: finishedAt,
    };
    const state = `${errorKind} since ${finishedAt ?? 'ever'}`;
    const unlessBefore = new Date(now() - remindedAfter).toISOString();
    await notifications.notify('sync.failed', about, [{ subject: label, state, unlessBefore }]);
  }

  async function advisories(label: string): Promise<void> {
    const current = await deps.current(label);
    if (!current) return;
    const last = await told.of('advisory.security', label);
    const before = last === undefined ? Number.NaN : Number(last.state);
    if (before === current.number) return;
    // Where nothing is known of what was told, all but the newest revision counts as told.
    const after = before < current.number ? before : current.number - 1;
    const state = String(current.number);
    const wanted = await notifications.isWanted('advisory.security');
    const since = { after, most: listedAdvisories, mostCves: listedCves };
    // The advisories of a source's first revision are news of the source, not of its upstream.
    const found = wanted ? deps.newAdvisories(label, since) : undefined;
    if (!found || found.count === 0) {
      const at = new Date(now()).toISOString();
      await told.note('advisory.security', { subject: label, state, at });
      return;
    }
    const instances = new Set<number>();
    let isKnown = false;
    const listed: object[] = [];
    for (const { title, severity, ...advisory } of found.listed) {
      const affected = await deps.affected(advisory.id);
      for (const id of affected ?? []) instances.add(id);
      isKnown ||= affected !== undefined;
      listed.push({
        ...advisory,
        severity: severity.slice(0, longestTitle),
        title: title.slice(0, longestTitle),
        instances: affected?.length ?? null,
      });
    }
    const about = {
      ...{ source: label, revision: current.number, count: found.count },
      /** Of those that are listed. */
      instances: isKnown ? instances.size : null,
      advisories: listed,
    };
    await notifications.notify('advisory.security', about, [{ subject: label, state }]);
  }

  return {
    /** A sync has failed, and stands in the history. */
    failed,
    /** A source may have a new revision. What an earlier process did not tell of is told, too. */
    advisories,
  };
}

/** Outcomes after which a source fails still, if it did before. */
const stillFailing: ReadonlySet<string> = new Set([
  'failed',
  'cancelled',
  'interrupted',
  'running',
]);
