import type { Kind } from './marks.ts';

/** Files, or rows, of a source. Sources in brackets are none: `(shared)`, `(left over)`. */
export interface Line {
  source: string;
  kind: Kind | 'rows';
  count: number;
  bytes: number;
}

/** Counts by source and kind. */
export function createTally() {
  const lines = new Map<string, Line>();

  function add(source: string, kind: Line['kind'], bytes: number, count = 1): void {
    const key = `${source} ${kind}`;
    const line = lines.get(key) ?? { source, kind, count: 0, bytes: 0 };
    line.count += count;
    line.bytes += bytes;
    lines.set(key, line);
  }

  return {
    add,
    addAll(others: readonly Line[]): void {
      for (const { source, kind, bytes, count } of others) add(source, kind, bytes, count);
    },
    lines: (): Line[] => [...lines.values()].toSorted((a, b) => compare(a, b)),
  };
}

const compare = (a: Line, b: Line): number =>
  a.source === b.source ? b.bytes - a.bytes : a.source < b.source ? -1 : 1;
