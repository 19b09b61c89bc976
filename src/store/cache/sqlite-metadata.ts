import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { PackageFiles } from '../../repodata/filelists.ts';
import type { PackageChanges } from '../../repodata/other.ts';
import type { DependencyKind, PrimaryRecord } from '../../repodata/primary-record.ts';
import type { Sqlite } from '../sqlite.ts';

/** The three databases that yum reads in place of XML. */
export type MetadataKind = 'primary' | 'filelists' | 'other';

export interface MetadataRecords {
  primary: PrimaryRecord;
  filelists: PackageFiles;
  other: PackageChanges;
}

/** A database that is being written. Nothing but `finish` makes it whole; one that is dropped is the caller's to remove. */
export interface MetadataDatabase<K extends MetadataKind> {
  add(record: MetadataRecords[K]): void;
  /** Ends it with the checksum of the XML document that says the same, as repomd.xml gives it. */
  finish(checksum: string): void;
  drop(): void;
}

/** The form of the databases, as repomd.xml says it. */
export const databaseVersion = 10;

/** Starts a database in a file that is not there yet. Source of the form: yum-metadata-parser and createrepo_c. */
export function createMetadataDatabase<K extends MetadataKind>(
  kind: K,
  file: string,
): MetadataDatabase<K> {
  const db = new Database(file);
  const sql = (name: string) =>
    readFileSync(new URL(`sqlite-metadata/${name}.sql`, import.meta.url), 'utf8');
  // It is made anew if it is not finished.
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec(sql(kind));
  db.exec('BEGIN');
  const writers = { primary: primaryWriter, filelists: filelistsWriter, other: otherWriter };
  const add = writers[kind](db) as (record: MetadataRecords[K]) => void;
  return {
    add,
    finish(checksum) {
      db.prepare('INSERT INTO db_info VALUES (?, ?)').run(databaseVersion, checksum);
      // After the rows, which is much quicker.
      db.exec(sql(`${kind}-indexes`));
      db.exec('COMMIT');
      db.close();
    },
    drop: () => void db.close(),
  };
}

const columns = 26;

function primaryWriter(db: Sqlite): (record: PrimaryRecord) => void {
  const insert = db.prepare(`INSERT INTO packages VALUES (NULL${', ?'.repeat(columns - 1)})`);
  const file = db.prepare('INSERT INTO files VALUES (?, ?, ?)');
  const relation = (kind: DependencyKind) =>
    db.prepare(`INSERT INTO ${kind} VALUES (?, ?, ?, ?, ?, ?${kind === 'requires' ? ', ?' : ''})`);
  const relations = new Map<string, ReturnType<typeof relation>>();
  // What is empty and what is null is as createrepo_c has it.
  return (r) => {
    const { texts: t, numbers: n } = r;
    const { lastInsertRowid: key } = insert.run(
      r.checksum.value,
      t.name ?? null,
      t.arch ?? null,
      r.version.version ?? null,
      r.version.epoch ?? null,
      r.version.release ?? null,
      t.summary ?? null,
      t.description ?? null,
      t.url || null,
      n.fileTime,
      n.buildTime,
      t.license ?? null,
      t.vendor ?? '',
      t.group ?? null,
      t.buildhost ?? null,
      t.sourcerpm ?? '',
      n.headerStart,
      n.headerEnd,
      t.packager || null,
      n.packageSize,
      n.installedSize,
      n.archiveSize,
      r.location.href ?? null,
      r.location.base || null,
      r.checksum.type ?? null,
    );
    for (const { path, type } of r.files) file.run(path, type, key);
    for (const [kind, list] of Object.entries(r.dependencies)) {
      if (list.length === 0) continue;
      const known = relations.get(kind) ?? relation(kind as DependencyKind);
      relations.set(kind, known);
      for (const d of list) {
        const values = [d.name, d.flags, d.epoch, d.version, d.release].map((v) => v ?? null);
        // yum compares the text.
        if (kind === 'requires') known.run(...values, key, d.pre ? 'TRUE' : 'FALSE');
        else known.run(...values, key);
      }
    }
  };
}

const letters = { file: 'f', dir: 'd', ghost: 'g' } as const;

function filelistsWriter(db: Sqlite): (record: PackageFiles) => void {
  const insert = db.prepare('INSERT INTO packages VALUES (NULL, ?)');
  const row = db.prepare('INSERT INTO filelist VALUES (?, ?, ?, ?)');
  return ({ pkgid, files }) => {
    const { lastInsertRowid: key } = insert.run(pkgid);
    const folders = new Map<string, { names: string[]; types: string }>();
    for (const { path, type } of files) {
      const slash = path.lastIndexOf('/');
      // Where there is no folder, createrepo_c says that it is this one.
      const folder = slash < 0 ? '.' : path.slice(0, slash) || '/';
      const entry = folders.get(folder) ?? { names: [], types: '' };
      entry.names.push(path.slice(slash + 1) || '/');
      entry.types += letters[type];
      folders.set(folder, entry);
    }
    for (const [folder, { names, types }] of folders) row.run(key, folder, names.join('/'), types);
  };
}

function otherWriter(db: Sqlite): (record: PackageChanges) => void {
  const insert = db.prepare('INSERT INTO packages VALUES (NULL, ?)');
  const row = db.prepare('INSERT INTO changelog VALUES (?, ?, ?, ?)');
  return ({ pkgid, changes }) => {
    const { lastInsertRowid: key } = insert.run(pkgid);
    for (const { author, date, text } of changes) row.run(key, author, date, text);
  };
}
