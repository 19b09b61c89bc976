import { nameArchOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { dropOrphans, type Stream } from './modular.ts';
import type { Pool } from './pool.ts';
import type { Selected } from './selection.ts';

/**
 * Leaves the newest version of each name and architecture; of each module's stream, context and architecture the newest
 * version whole. What modules name does not compete with the rest, which machines see or do not see by the stream that they
 * use. Streams must be in only where something of theirs is.
 */
export function keepLatest(pool: Pool, selected: Selected, modular: ReadonlySet<PackageKey>): void {
  keepLatestStreams(pool, selected);
  dropOrphans(pool, selected, modular);
  const { rows, keys, names } = pool.packages;
  /** The newest so far of each name and architecture, or several of one version. */
  const newest = new Map<string, number | number[]>();
  for (const [i, key] of keys.entries()) {
    if (!selected.packages[i] || modular.has(key)) continue;
    const nameArch = nameArchOf(key);
    const before = newest.get(nameArch);
    if (before === undefined) {
      newest.set(nameArch, i);
      continue;
    }
    const list = typeof before === 'number' ? [before] : before;
    const [mine, best] = [names.evr(rows[i]!), names.evr(rows[list[0]!]!)];
    if (mine < best) selected.packages[i] = 0;
    else if (mine === best) newest.set(nameArch, [...list, i]);
    else {
      for (const other of list) selected.packages[other] = 0;
      newest.set(nameArch, i);
    }
  }
}

function keepLatestStreams(pool: Pool, selected: Selected): void {
  const lines = new Map<string, string>();
  const lineOf = (m: Stream) => JSON.stringify([m.name, m.stream, m.context, m.arch]);
  const each = (use: (stream: Stream, i: number) => void) => {
    pool.modules.forEach(({ value }, i) => {
      if (selected.modules[i] && value.kind === 'stream') use(value, i);
    });
  };
  each((stream) => {
    const line = lineOf(stream);
    const best = lines.get(line);
    if (best === undefined || compareNumbers(stream.version, best) > 0) {
      lines.set(line, stream.version);
    }
  });
  each((stream, i) => {
    if (compareNumbers(stream.version, lines.get(lineOf(stream))!) < 0) selected.modules[i] = 0;
  });
}

/** Whole numbers as text, of 64 bits and more; what is no number is 0. */
function compareNumbers(a: string, b: string): number {
  const digits = (text: string) => (/^\d+$/.test(text) ? text.replace(/^0+/, '') : '');
  const [x, y] = [digits(a), digits(b)];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}
