import type { Sqlite } from '../sqlite.ts';
import { createAdvisoryTexts } from './facts-texts.ts';

/** A security advisory, as much as a notice of it says. */
export interface NewAdvisory {
  id: string;
  severity: string;
  title: string;
  /** As it stands. */
  issued: string;
  cves: string[];
}

export interface NewAdvisories {
  /** How many there are; not all may be listed. */
  count: number;
  /** The most severe first. */
  listed: NewAdvisory[];
}

/** Finds the security advisories that came to a source. */
export function createNewAdvisories(db: Sqlite) {
  const known = db
    .prepare(`
    SELECT 1 FROM membership
    WHERE source = (SELECT id FROM source WHERE label = ?) AND from_revision <= ? LIMIT 1`)
    .pluck();
  // One that upstream changed is known by its id.
  const since = db.prepare(`
    SELECT a.id AS row, a.advisory_id AS id, a.severity, a.title, a.issued
    FROM advisory_membership m JOIN advisory a ON a.id = m.advisory
    WHERE m.source = (SELECT id FROM source WHERE label = @label)
      AND m.from_revision > @after AND m.to_revision IS NULL AND lower(a.type) = 'security'
      AND NOT EXISTS (
        SELECT 1 FROM advisory b JOIN advisory_membership o ON o.advisory = b.id
        WHERE b.advisory_id = a.advisory_id AND o.source = m.source AND o.from_revision <= @after)
    GROUP BY a.advisory_id
    ORDER BY CASE lower(a.severity) WHEN 'critical' THEN 0 WHEN 'important' THEN 1 WHEN 'moderate' THEN 2
      WHEN 'low' THEN 3 ELSE 4 END, a.advisory_id`);
  const texts = createAdvisoryTexts(db);

  /** Those in the newest revision that no revision up to `after` had; undefined where nothing is known of these. */
  return (
    label: string,
    { after, most, mostCves }: { after: number; most: number; mostCves: number },
  ): NewAdvisories | undefined => {
    if (known.get(label, after) === undefined) return undefined;
    const rows = since.all({ label, after }) as (Omit<NewAdvisory, 'cves'> & { row: number })[];
    const first = rows.slice(0, most);
    const cves = texts.cvesOf(first.map(({ row }) => row));
    const listed = first.map(({ row, ...about }) => ({
      ...about,
      cves: cves.get(row)?.slice(0, mostCves) ?? [],
    }));
    return { count: rows.length, listed };
  };
}
