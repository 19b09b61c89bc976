import type { RevisionTable } from '../state/revisions.ts';
import type { Catalogue } from './catalogue.ts';

/**
 * Brings the catalogue to the revisions that state names, where it is behind them or beyond: it was deleted, or a process
 * ended in the middle of a sync. Gives the labels of the sources that it had to index. For the holder of the folder's
 * lock, at start.
 */
export async function catchUp(catalogue: Catalogue, revisions: RevisionTable): Promise<string[]> {
  const mended: string[] = [];
  for (const label of await revisions.labels()) {
    const current = (await revisions.current(label))!;
    const indexed = catalogue.indexed(label);
    if (indexed === current.number) continue;
    const missing = indexed < current.number ? await revisions.after(label, indexed) : [current];
    let base = Math.min(indexed, current.number);
    for (const { number, manifest } of missing) {
      await catalogue.index({ label, base, revision: number, manifest });
      base = number;
    }
    mended.push(label);
  }
  return mended;
}
