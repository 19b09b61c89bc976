import { createHash } from 'node:crypto';
import type { OpenPack, Sequence } from './sequence.ts';

/** Fragments that stand together in a document and are encoded together. */
export interface Piece {
  runs: PieceRun[];
  /** Bytes as the packs hold them, with a newline after each fragment. */
  raw: number;
  dialect: Dialect;
}

export interface PieceRun {
  pack: OpenPack;
  first: number;
  count: number;
}

/** What is done to fragments on their way into a document. */
export interface Dialect {
  /** Says what is done to all of them; empty where they stay as they are. */
  mark: string;
  /** How hard zstd tries: as packs do, where most of the document comes from packs. */
  level: 1 | 3;
  /** What is done to one of them besides; undefined for nothing. */
  variant?(pack: OpenPack, index: number): string | undefined;
  /** The fragment as parts; `simple` says that it holds no comment, CDATA section or instruction. */
  transform?(bytes: Buffer, simple: boolean, variant: string | undefined): Buffer[];
}

/** Where pieces end: as groups in packs do, so that a group is often a piece. */
const piece = { least: 16, most: 256, bytes: 4 * 1024 * 1024, modulus: 64 };

/** Cuts what remains of a sequence into pieces; `keep` has a 1 for each fragment that does, and is absent where all do. */
export function* cutPieces(
  { runs }: Sequence,
  keep: Uint8Array | undefined,
  dialect: Dialect,
): Generator<Piece> {
  let pending: Piece = { runs: [], raw: 0, dialect };
  let count = 0;
  let position = 0;
  for (const { pack, first, count: many } of runs) {
    for (let i = first; i < first + many; i++) {
      if (keep && keep[position++] === 0) continue;
      const length = pack.reader.length(i) + 1;
      if (count > 0 && pending.raw + length > piece.bytes) {
        yield pending;
        pending = { runs: [], raw: 0, dialect };
        count = 0;
      }
      const last = pending.runs.at(-1);
      if (last?.pack === pack && last.first + last.count === i) last.count++;
      else pending.runs.push({ pack, first: i, count: 1 });
      pending.raw += length;
      count++;
      const atBoundary = count >= piece.least && pack.boundary(i) % piece.modulus === 0;
      if (!atBoundary && count < piece.most) continue;
      yield pending;
      pending = { runs: [], raw: 0, dialect };
      count = 0;
    }
  }
  if (count > 0) yield pending;
}

/** The name of a piece in the cache: over how it is encoded, what is done to its fragments, and their digests. */
export function keyOf({ runs, dialect }: Piece, encoding: string): Buffer {
  const hash = createHash('sha256').update(`${encoding}\n${dialect.mark}\n`);
  for (const { pack, first, count } of runs) hash.update(pack.reader.names(first, count));
  for (const text of variants({ runs, dialect })) hash.update(`\n${text}`);
  return hash.digest();
}

/** Whether fragments of a piece stand in it as the packs hold them. */
export const isUntouched = (p: Piece): boolean => p.dialect.mark === '' && variants(p).length === 0;

function variants({ runs, dialect }: Pick<Piece, 'runs' | 'dialect'>): string[] {
  if (!dialect.variant) return [];
  const found: string[] = [];
  let position = 0;
  for (const { pack, first, count } of runs) {
    for (let i = first; i < first + count; i++, position++) {
      const variant = dialect.variant(pack, i);
      if (variant !== undefined) found.push(`${position} ${variant}`);
    }
  }
  return found;
}
