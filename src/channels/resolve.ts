import { AppError } from '../base/errors.ts';
import { timeOf } from '../base/filters.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import type { SnapshotTable } from '../store/state/snapshots.ts';

/** A revision that something named. */
export interface Resolved {
  label: string;
  /** Null where what a source was at a time is no numbered revision. */
  number: number | null;
  /** The object of the revision. */
  manifest: string;
  at: Date;
}

/** Finds the revision that a revision number, the name of a snapshot, or a time means. */
export function createResolver(deps: { revisions: RevisionTable; snapshots: SnapshotTable }) {
  const { revisions, snapshots } = deps;

  async function find(label: string, spec: string): Promise<Revision | undefined> {
    const all = await revisions.after(label, 0);
    if (/^\d+$/.test(spec)) return all.find((r) => r.number === Number(spec));
    if (/^\d{4}-\d\d-\d\d/.test(spec)) {
      const time = timeOf(spec);
      if (!time) throw new AppError('not_found', `${spec} is no time`);
      return all.findLast((r) => r.publishedAt <= time);
    }
    const { revision } = (await snapshots.find(label, spec)) ?? {};
    return all.find((r) => r.number === revision);
  }

  return {
    /** Without `spec` the current revision. Throws AppErrors 'not_found', 'usage'. */
    async resolve(label: string, spec?: string): Promise<Resolved> {
      const current = await revisions.current(label);
      if (!current) throw new AppError('not_found', `source ${label} has no revision yet`);
      const found = spec === undefined ? current : await find(label, spec);
      if (!found) throw new AppError('not_found', `source ${label} has no revision ${spec}`);
      const { number, manifest, publishedAt } = found;
      return { label, number, manifest, at: new Date(publishedAt) };
    },
  };
}

export type Resolver = ReturnType<typeof createResolver>;
