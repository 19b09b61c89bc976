import { AppError, explain } from '../../base/errors.ts';
import type { RevisionTable } from '../state/revisions.ts';
import type { Catalogue } from './catalogue.ts';
import { isUnusable } from './unusable.ts';

export interface CaughtUp {
  /** Labels of the sources of which something was indexed. */
  mended: string[];
  revisions: number;
  /** Revisions of which objects are lost: what they held is known no more. */
  skipped: { label: string; revision: number; reason: string }[];
}

export interface CatchUpOptions {
  /** A revision is about to be indexed. Throws to break off. */
  onRevision?: (label: string, revision: number) => void;
}

/**
 * Brings the catalogue to the revisions that state names, where it is behind them or beyond: it was deleted, or a process
 * ended in the middle of a sync. For the holder of the folder's lock, at start.
 */
export async function catchUp(
  catalogue: Catalogue,
  revisions: RevisionTable,
  { onRevision }: CatchUpOptions = {},
): Promise<CaughtUp> {
  const result: CaughtUp = { mended: [], revisions: 0, skipped: [] };
  for (const label of await revisions.labels()) {
    const current = (await revisions.current(label))!;
    // What others are made of, they hold no packages of their own.
    if (current.derived) continue;
    const indexed = catalogue.indexed(label);
    if (indexed === current.number) continue;
    const missing = indexed < current.number ? await revisions.after(label, indexed) : [current];
    let base = Math.min(indexed, current.number);
    for (const { number, manifest, derived } of missing) {
      if (derived) continue;
      onRevision?.(label, number);
      try {
        await catalogue.index({ label, base, revision: number, manifest });
        base = number;
        result.revisions++;
      } catch (error) {
        if (!(error instanceof AppError) || isUnusable(error)) throw error;
        result.skipped.push({ label, revision: number, reason: explain(error) });
      }
    }
    result.mended.push(label);
  }
  return result;
}
