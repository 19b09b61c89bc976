import type { BitSet } from '../../base/bit-set.ts';
import type { Facts } from '../../store/catalogue/facts.ts';

export interface AdvisoryChanges {
  added: AdvisoryName[];
  removed: AdvisoryName[];
  /** Of which the record is another one. */
  changed: AdvisoryName[];
}

export interface AdvisoryName {
  id: string;
  type: string;
  severity: string;
}

/** Compares advisories by their rows in the catalogue: another record is another row. */
export function compareAdvisories(facts: Facts, before: BitSet, after: BitSet): AdvisoryChanges {
  const removed = byId(
    facts,
    [...before].filter((row) => !after.has(row)),
  );
  const added = byId(
    facts,
    [...after].filter((row) => !before.has(row)),
  );
  const idsBefore = byId(facts, before);
  const idsAfter = byId(facts, after);
  const changed = new Map<string, AdvisoryName>();
  for (const [id, name] of [...removed, ...added]) {
    if (idsBefore.has(id) && idsAfter.has(id)) changed.set(id, name);
  }
  const sorted = (list: Map<string, AdvisoryName>) =>
    [...list.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rest = (list: Map<string, AdvisoryName>) =>
    sorted(new Map([...list].filter(([id]) => !changed.has(id))));
  return { added: rest(added), removed: rest(removed), changed: sorted(changed) };
}

function byId(facts: Facts, rows: Iterable<number>): Map<string, AdvisoryName> {
  return new Map(
    facts.advisories.of(rows).map(({ id, type, severity }) => [id, { id, type, severity }]),
  );
}
