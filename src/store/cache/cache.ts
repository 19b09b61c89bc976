import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { AppError } from '../../base/errors.ts';
import type { DataPaths } from '../paths.ts';
import { openForWriting, removeDatabase, type Sqlite, saysDamaged } from '../sqlite.ts';
import { createPieceFiles, type PiecePlace } from './piece-files.ts';
import { type StoredRender, writeRender } from './renders.ts';
import { type Swept, sweep } from './sweep.ts';

/** Where a piece stands, and what joining needs to know of it. */
export interface Piece extends PiecePlace {
  /** Bytes when decompressed, and their CRC-32. */
  raw: number;
  crc: number;
}

export type Cache = ReturnType<typeof openCache>;

/** The day, which is as finely as it is noted when something was used. */
const today = () => Math.floor(Date.now() / 86_400_000);

/**
 * Opens the cache for its one writer. What is damaged, of another version or not complete is removed and begun anew: nothing
 * in it is of more worth than the time to make it.
 */
export function openCache(paths: DataPaths) {
  try {
    return open(paths);
  } catch (error) {
    const ofOtherVersion = error instanceof AppError && error.kind === 'invalid';
    if (!saysDamaged(error) && !ofOtherVersion) throw error;
    removeDatabase(paths.cacheDatabase);
    rmSync(paths.pieces, { recursive: true, force: true });
    return open(paths);
  }
}

function open(paths: DataPaths) {
  const db = openDatabase(paths);
  try {
    return cacheOf(db, paths);
  } catch (error) {
    db.close();
    throw error;
  }
}

function cacheOf(db: Sqlite, paths: DataPaths) {
  const files = createPieceFiles(paths);
  const find = db.prepare('SELECT file, offset, length, raw, crc, used FROM piece WHERE key = ?');
  const insert = db.prepare('INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?, ?, ?, ?)');
  const touch = db.prepare('UPDATE piece SET used = ? WHERE key = ?');
  const touchRender = db.prepare('UPDATE render SET used = ? WHERE key = ?');
  const findIndex = db.prepare('SELECT pkgids FROM pack_index WHERE pack = ?').pluck();
  const insertIndex = db.prepare('INSERT OR REPLACE INTO pack_index VALUES (?, ?, ?)');
  /** Pieces that no row names yet. */
  const fresh = new Map<string, Piece>();
  const stale = new Set<string>();
  const identity = statSync(paths.cacheDatabase).ino;

  return {
    /** Whether the files are still those that were opened: somebody may have removed them. */
    isThere(): boolean {
      const info = statSync(paths.cacheDatabase, { throwIfNoEntry: false });
      return info?.ino === identity && existsSync(paths.pieces);
    },

    find(key: Buffer): Piece | undefined {
      const name = key.toString('latin1');
      const known = fresh.get(name);
      if (known) return known;
      const row = find.get(key) as (Piece & { used: number }) | undefined;
      if (row && row.used < today()) stale.add(name);
      return row;
    },

    /** Adds a piece; it is there for good after the next `commit`. */
    add(key: Buffer, bytes: Buffer, { raw, crc }: { raw: number; crc: number }): Piece {
      const piece = { ...files.append(bytes), raw, crc };
      fresh.set(key.toString('latin1'), piece);
      return piece;
    },

    /** Makes what was added last; with a render, whose files are made of it. */
    async commit(render?: StoredRender): Promise<void> {
      const added = [...fresh];
      const used = [...stale];
      stale.clear();
      await files.sync();
      db.transaction(() => {
        for (const [name, { file, offset, length, raw, crc }] of added) {
          const key = Buffer.from(name, 'latin1');
          insert.run(key, file, offset, length, raw, crc, today());
        }
        for (const name of used) touch.run(today(), Buffer.from(name, 'latin1'));
        if (render) writeRender(db, render, today());
      })();
      for (const [name, piece] of added) if (fresh.get(name) === piece) fresh.delete(name);
    },

    /** Of each fragment of a pack the first 8 bytes of its pkgid. */
    packIndex: (pack: string): Buffer | undefined =>
      findIndex.get(Buffer.from(pack, 'hex')) as Buffer | undefined,

    addPackIndex(pack: string, pkgids: Buffer): void {
      insertIndex.run(Buffer.from(pack, 'hex'), pkgids, today());
    },

    /** Forgets the pieces whose files are gone or cut short, and all renders, as any may be made of them. */
    forgetLost(): void {
      files.rotate();
      fresh.clear();
      db.transaction(() => {
        dropLostPieces(db, paths);
        db.exec('DELETE FROM render');
      })();
    },

    /** Removes what was not used for so many days; the renders given were asked for today. */
    sweep(asked: readonly string[], unusedDays: number, dryRun: boolean): Swept {
      files.rotate();
      for (const key of asked) touchRender.run(today(), Buffer.from(key, 'hex'));
      return sweep(db, paths, { usedBefore: today() - unusedDays, dryRun });
    },

    close(): void {
      files.close();
      db.close();
    },
  };
}

const schema = readFileSync(new URL('schema/001-cache.sql', import.meta.url), 'utf8');

function openDatabase(paths: DataPaths): Sqlite {
  mkdirSync(paths.pieces, { recursive: true });
  const db = openForWriting(paths.cacheDatabase, [(made) => made.exec(schema)]);
  try {
    if (dropLostPieces(db, paths)) db.exec('DELETE FROM render');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Forgets pieces whose files are gone or cut short; whether there were any. */
function dropLostPieces(db: Sqlite, paths: DataPaths): boolean {
  const sizes = new Map(
    readdirSync(paths.pieces).map((name) => [name, statSync(`${paths.pieces}/${name}`).size]),
  );
  const ends = db
    .prepare('SELECT file, max(offset + length) AS end FROM piece GROUP BY file')
    .all();
  let lost = false;
  for (const { file, end } of ends as { file: number; end: number }[]) {
    const size = sizes.get(String(file)) ?? 0;
    if (size >= end) continue;
    lost = true;
    db.prepare('DELETE FROM piece WHERE file = ? AND offset + length > ?').run(file, size);
  }
  return lost;
}
