import { setImmediate as turn } from 'node:timers/promises';
import { checksumOf } from '../../base/digest.ts';
import { openForReading, type Sqlite } from '../sqlite.ts';
import type { PackageFile } from './catalogue.ts';
import { type Build, createNewest } from './newest.ts';

export interface RevisionPackages {
  label: string;
  revision: number;
  /** How many builds of each name and architecture; undefined for all. */
  newest: number | undefined;
}

/** After so many rows others get their turn. */
const rowsPerTurn = 2000;

/** Reads the packages of a revision, on a connection of its own: what others ask meanwhile is answered. */
export async function packagesOf(path: string, wanted: RevisionPackages): Promise<PackageFile[]> {
  const db = openForReading(path);
  try {
    const found: (PackageFile & { build: Build })[] = [];
    for (const row of rows(db, wanted)) {
      const build = { name: row.name, arch: row.arch, evrKey: row.evr_key, nevra: row.nevra };
      found.push({ ...packageFile(row), build });
      if (found.length % rowsPerTurn === 0) await turn();
    }
    const { newest } = wanted;
    if (newest === undefined) return found;
    const isNewest = createNewest(
      found.map((f) => f.build),
      linesOf(db, wanted),
      newest,
    );
    return found.filter((f) => isNewest(f.build));
  } finally {
    db.close();
  }
}

interface BuildRow extends PackageRow {
  arch: string;
  evr_key: Buffer;
  nevra: string;
}

const held = `source = (SELECT id FROM source WHERE label = @label)
  AND from_revision <= @revision AND (to_revision IS NULL OR to_revision > @revision)`;

function rows(db: Sqlite, { label, revision }: RevisionPackages): IterableIterator<BuildRow> {
  return db
    .prepare(`
    SELECT p.location, p.base, p.checksum_type, hex(p.checksum) AS checksum, p.package_size, p.name, p.arch, p.evr_key,
      p.name || '-' || p.epoch || ':' || p.version || '-' || p.release || '.' || p.arch AS nevra
    FROM membership JOIN package p ON p.id = package
    WHERE ${held}`)
    .iterate({ label, revision }) as IterableIterator<BuildRow>;
}

/** The module streams, with their contexts, that each artifact belongs to: by its name-epoch:version-release.arch. */
function linesOf(db: Sqlite, { label, revision }: RevisionPackages): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  const artifacts = db
    .prepare(`
    SELECT DISTINCT a.nevra, json_array(s.name, s.stream, s.context) AS line
    FROM module_membership m JOIN module_stream s ON s.id = m.stream JOIN module_artifact a ON a.stream = s.id
    WHERE m.${held}`)
    .all({ label, revision }) as { nevra: string; line: string }[];
  for (const { nevra, line } of artifacts) {
    // modulemd wants the epoch; where it is left out it is 0.
    const full = /-\d+:[^-]+-[^-]+$/.test(nevra)
      ? nevra
      : nevra.replace(/-([^-]+-[^-]+)$/, '-0:$1');
    lines.set(full, [...(lines.get(full) ?? []), line]);
  }
  return lines;
}

export interface PackageRow {
  location: string;
  base: string | null;
  checksum_type: string;
  checksum: string;
  package_size: number;
  name: string;
}

export function packageFile(row: PackageRow): PackageFile {
  return {
    location: row.location,
    ...(row.base && { base: row.base }),
    checksum: checksumOf(row.checksum_type, row.checksum)!,
    size: row.package_size,
    name: row.name,
  };
}
