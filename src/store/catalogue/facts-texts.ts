import type { Sqlite } from '../sqlite.ts';

/** An advisory as lists show it. Dates as they stand. */
export interface AdvisoryLine {
  row: number;
  id: string;
  type: string;
  severity: string;
  title: string;
  issued: string;
  updated: string;
  cves: string[];
}

/** What is looked for; all of it must hold. */
export interface AdvisoryWanted {
  /** The whole id, or with `*`. */
  id?: string | undefined;
  /** In whichever letters. */
  cve?: string | undefined;
  /** The whole name of a package that it ships. */
  package?: string | undefined;
}

export interface AdvisoryReference {
  type: string;
  reference: string;
  href: string;
  title: string;
}

const columns = 'id AS row, advisory_id AS id, type, severity, title, issued, updated';
const these = 'IN (SELECT value FROM json_each(?))';

/** Reads what advisories say to people. */
export function createAdvisoryTexts(db: Sqlite) {
  const lines = db.prepare(`SELECT ${columns} FROM advisory WHERE id ${these}`);
  const cves = db
    .prepare(
      `SELECT DISTINCT advisory, upper(reference) FROM advisory_reference
      WHERE advisory ${these} AND (type = 'cve' OR reference LIKE 'CVE-%')`,
    )
    .raw();
  const references = db.prepare(
    'SELECT DISTINCT type, reference, href, title FROM advisory_reference WHERE advisory = ?',
  );
  const fragment = db.prepare('SELECT fragment FROM advisory WHERE id = ?').pluck();

  function cvesOf(rows: readonly number[]): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const [row, cve] of cves.all(JSON.stringify(rows)) as [number, string][]) {
      if (!/^CVE-\d{4}-\d+$/.test(cve)) continue;
      const list = found.get(row);
      if (list) list.push(cve);
      else found.set(row, [cve]);
    }
    for (const list of found.values()) list.sort();
    return found;
  }

  const withCves = (found: Omit<AdvisoryLine, 'cves'>[]): AdvisoryLine[] => {
    const own = cvesOf(found.map((line) => line.row));
    return found.map((line) => ({ ...line, cves: own.get(line.row) ?? [] }));
  };

  return {
    cvesOf,

    /** By row, those that there are. */
    lines(rows: readonly number[]): Map<number, AdvisoryLine> {
      const found = lines.all(JSON.stringify(rows)) as Omit<AdvisoryLine, 'cves'>[];
      return new Map(withCves(found).map((line) => [line.row, line]));
    },

    /** Those of whichever revisions that fit and that `isWanted` lets pass. */
    find(
      wanted: AdvisoryWanted,
      isWanted: (line: Omit<AdvisoryLine, 'cves'>) => boolean,
    ): AdvisoryLine[] {
      const { where, values } = conditions(wanted);
      const found: Omit<AdvisoryLine, 'cves'>[] = [];
      const query = db.prepare(`SELECT ${columns} FROM advisory ${where}`);
      for (const line of query.iterate(...values) as Iterable<(typeof found)[number]>) {
        if (isWanted(line)) found.push(line);
      }
      return withCves(found);
    },

    references: (row: number) => references.all(row) as AdvisoryReference[],

    /** sha256 of a row's element of updateinfo. */
    fragment: (row: number) => fragment.get(row) as Buffer | undefined,
  };
}

/** A CVE as vendors may write it, all of which an index finds; what is none as it is. */
export function spellingsOf(cve: string): string[] {
  if (!/^CVE-/i.test(cve)) return [cve];
  const heads = ['CVE', 'CVe', 'CvE', 'Cve', 'cVE', 'cVe', 'cvE', 'cve'];
  return heads.map((head) => head + cve.slice(head.length));
}

function conditions({ id, cve, package: name }: AdvisoryWanted) {
  const all: string[] = [];
  const values: string[] = [];
  const add = (condition: string, value: string) => {
    all.push(condition);
    values.push(value);
  };
  if (id?.includes('*')) add('advisory_id GLOB ?', id.replaceAll(/[[?]/g, '[$&]'));
  else if (id !== undefined) add('advisory_id = ?', id);
  if (cve !== undefined) {
    add(
      `id IN (SELECT advisory FROM advisory_reference WHERE reference ${these})`,
      JSON.stringify(spellingsOf(cve)),
    );
  }
  if (name !== undefined) {
    add('id IN (SELECT advisory FROM advisory_package WHERE name = ?)', name);
  }
  return { where: all.length > 0 ? `WHERE ${all.join(' AND ')}` : '', values };
}
