import { evrKey } from '../../repodata/evr.ts';
import type { PrimaryPackage } from '../../repodata/primary.ts';
import type { Advisory } from '../../repodata/updateinfo.ts';
import type { Sqlite } from '../sqlite.ts';

/** Looks a row up by the digest in that column; gives its id. */
export function finder(db: Sqlite, table: string, column: string) {
  const query = db.prepare(`SELECT id FROM ${table} WHERE ${column} = ?`).pluck();
  return (name: Buffer) => query.get(name) as number | undefined;
}

/** Inserts packages, or finds them; gives their ids. */
export function packageInserter(db: Sqlite) {
  const find = finder(db, 'package', 'fragment');
  const insert = db.prepare(`
    INSERT INTO package (fragment, name, arch, epoch, version, release, evr_key, checksum_type, checksum,
      summary, package_size, installed_size, build_time, location, base, source_rpm)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (fragment) DO NOTHING`);
  return (fragment: Buffer, p: PrimaryPackage): number => {
    const { changes, lastInsertRowid } = insert.run(
      fragment,
      p.name,
      p.arch,
      p.epoch,
      p.version,
      p.release,
      evrKey(p),
      p.checksum.type,
      Buffer.from(p.checksum.value, 'hex'),
      p.summary,
      p.packageSize,
      p.installedSize,
      p.buildTime,
      p.location,
      p.base ?? null,
      p.sourceRpm,
    );
    return changes === 0 ? find(fragment)! : Number(lastInsertRowid);
  };
}

/** Inserts advisories with their packages and references, or finds them; gives their ids. */
export function advisoryInserter(db: Sqlite) {
  const find = finder(db, 'advisory', 'fragment');
  const insert = db
    .prepare(`
    INSERT INTO advisory (fragment, advisory_id, type, severity, title, issued, updated)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`)
    .pluck();
  const insertPackage = db.prepare('INSERT INTO advisory_package VALUES (?, ?, ?, ?, ?, ?)');
  const insertReference = db.prepare('INSERT INTO advisory_reference VALUES (?, ?, ?, ?, ?)');
  return (fragment: Buffer, a: Advisory): number => {
    const known = find(fragment);
    if (known !== undefined) return known;
    const { id: name, type, severity, title, issued, updated } = a;
    const id = insert.get(fragment, name, type, severity, title, issued, updated) as number;
    for (const p of a.packages) {
      insertPackage.run(id, p.name, p.arch, p.epoch, p.version, p.release);
    }
    for (const r of a.references) insertReference.run(id, r.type, r.id, r.href, r.title);
    return id;
  };
}
