import { kindOfAdvisory, type UpdateKind } from '../base/update-kinds.ts';
import { evrKey } from '../repodata/evr.ts';
import type { AdvisoryFacts } from '../store/catalogue/facts-advisories.ts';
import { fieldsOf, nameArchOf, type PackageKey } from '../store/catalogue/package-key.ts';
import type { NameArch, Names } from './installed.ts';

/** A build that an advisory ships. */
export interface Shipped {
  /** The advisory's number. */
  advisory: number;
  nameArch: NameArch;
  key: PackageKey;
  /** As `Installed` has it. */
  evr: string;
}

/** An advisory as some revisions have it. */
export interface KnownAdvisory {
  number: number;
  id: string;
  /** As the record has it that was read last. */
  kind: UpdateKind;
  /** A row of the catalogue that has it. */
  row: number;
}

export interface ReadAdvisory {
  facts: AdvisoryFacts;
  known: KnownAdvisory;
  /** As this record has it: another revision may say otherwise. */
  kind: UpdateKind;
  shipped: Shipped[];
}

/** Advisories by number: those of one id are one, whichever sources have them. */
export function createAdvisoryNumbers(names: Names) {
  const all: KnownAdvisory[] = [];
  const byId = new Map<string, KnownAdvisory>();
  const byRow = new Map<number, ReadAdvisory>();

  function knownAs({ id, type, row }: AdvisoryFacts): KnownAdvisory {
    let known = byId.get(id);
    if (!known) {
      known = { number: all.length, id, kind: kindOfAdvisory(type), row };
      all.push(known);
      byId.set(id, known);
    }
    // One of those that are read now: others may be gone.
    known.row = row;
    known.kind = kindOfAdvisory(type);
    return known;
  }

  return {
    get: (number: number): KnownAdvisory => all[number]!,
    numberOf: (id: string): number | undefined => byId.get(id)?.number,
    count: () => all.length,

    /** What a row of the catalogue says; what was read before is used where it says the same. */
    read(facts: AdvisoryFacts): ReadAdvisory {
      const before = byRow.get(facts.row);
      const known = knownAs(facts);
      if (before && isSame(before.facts, facts)) return before;
      const shipped: Shipped[] = [];
      for (const key of new Set(facts.packages)) {
        const { arch, ...rest } = fieldsOf(key);
        if (arch === 'src' || arch === 'nosrc') continue;
        const evr = evrKey(rest).toString('hex').toUpperCase();
        shipped.push({
          advisory: known.number,
          nameArch: names.nameArch(nameArchOf(key)),
          key,
          evr,
        });
      }
      const read = { facts: { ...facts, packages: [] }, known, kind: known.kind, shipped };
      // The keys themselves are in what was made of them.
      sizes.set(read.facts, facts.packages.length);
      byRow.set(facts.row, read);
      return read;
    },
  };
}

export type AdvisoryNumbers = ReturnType<typeof createAdvisoryNumbers>;

const sizes = new WeakMap<AdvisoryFacts, number>();

/** A row that was removed may be another advisory's now. */
const isSame = (a: AdvisoryFacts, b: AdvisoryFacts): boolean =>
  a.id === b.id && a.type === b.type && a.issued === b.issued && sizes.get(a) === b.packages.length;
