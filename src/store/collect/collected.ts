import type { KnownRevision } from '../state/keeping.ts';
import type { Line } from './tally.ts';

/** What goes, or went: files by source and kind, and revisions. */
export interface Collected {
  lines: Line[];
  /** Of all files. */
  bytes: number;
  revisions: { label: string; numbers: number[] }[];
}

export function collected(lines: Line[], gone: readonly KnownRevision[]): Collected {
  const revisions = new Map<string, number[]>();
  for (const { label, number } of gone) {
    revisions.set(label, [...(revisions.get(label) ?? []), number]);
  }
  return {
    lines,
    bytes: lines.reduce((sum, line) => sum + line.bytes, 0),
    revisions: [...revisions].map(([label, numbers]) => ({ label, numbers })),
  };
}
