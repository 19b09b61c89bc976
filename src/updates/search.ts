import { BitSet } from '../base/bit-set.ts';
import { kindOfAdvisory } from '../base/update-kinds.ts';
import { issuedAt } from '../channels/content/advisory-rules.ts';
import { type Reading, rowsOf } from '../channels/content/listed.ts';
import { elementAt } from '../channels/listing/element.ts';
import { type AdvisoryTexts, readAdvisoryTexts } from '../repodata/advisory-texts.ts';
import type { Facts } from '../store/catalogue/facts.ts';
import type { AdvisoryLine } from '../store/catalogue/facts-texts.ts';
import { fieldsOf } from '../store/catalogue/package-key.ts';
import { readManifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Loader } from './loader.ts';
import type { Mirrored } from './protocol.ts';
import { byId, latestFirst, newest, summaryOf } from './summaries.ts';
import type { AdvisoryDetails, AdvisoryQuery, AdvisorySummary } from './updates.ts';

interface Deps {
  objects: Objects;
  loader: Pick<Loader, 'contents' | 'content'>;
}

/** The advisories of a mirrored source's current revision. */
interface Held extends Mirrored {
  rows: BitSet;
}

/** Looks advisories up in mirrored sources as they are now. */
export function createSearch({ objects, loader }: Deps) {
  let kept: { facts: Facts; sets: Map<string, BitSet> } | undefined;

  /** The rows of what each source has; one of which objects are missing has none. */
  async function heldBy(reading: Reading, mirrored: readonly Mirrored[]): Promise<Held[]> {
    const { facts } = reading;
    if (kept?.facts !== facts) kept = { facts, sets: new Map() };
    const held: Held[] = [];
    for (const { label, manifest } of mirrored) {
      let rows = kept.sets.get(manifest);
      if (!rows) {
        rows = await advisoriesOf(reading, { label, manifest });
        kept.sets.set(manifest, rows);
      }
      held.push({ label, manifest, rows });
    }
    return held;
  }

  async function advisoriesOf(reading: Reading, of: Mirrored): Promise<BitSet> {
    const rows = new BitSet();
    const { origins } = await loader.content({ label: of.label, of });
    for (const origin of origins) {
      const own = await rowsOf(reading, origin, 'advisories').catch(() => new BitSet());
      for (const row of own) rows.add(row);
    }
    return rows;
  }

  return {
    /** Those of these ids, as the mirrored sources have them; what none of them has, as it is in the row beside its id. */
    async summaries(
      ids: ReadonlyMap<string, number>,
      mirrored: readonly Mirrored[],
    ): Promise<Map<string, AdvisorySummary>> {
      return loader.contents.reading([], async (reading) => {
        const { facts } = reading;
        const held = await heldBy(reading, mirrored);
        const wanted = new Map<string, number[]>();
        for (const [id, row] of ids) {
          const current = facts.advisories
            .rowsOf(id)
            .filter((one) => held.some(({ rows }) => rows.has(one)));
          wanted.set(id, current.length > 0 ? current : [row]);
        }
        const lines = facts.texts.lines([...wanted.values()].flat());
        const found = new Map<string, AdvisorySummary>();
        for (const [id, rows] of wanted) {
          const own = rows.flatMap((row) => lines.get(row) ?? []);
          if (own.length > 0) found.set(id, summaryOf(own, labelsOf(own, held)));
        }
        return found;
      });
    },

    /** The latest first. */
    async find(query: AdvisoryQuery, mirrored: readonly Mirrored[]): Promise<AdvisorySummary[]> {
      return loader.contents.reading([], async (reading) => {
        const { facts } = reading;
        const { sources } = query;
        const wanted = mirrored.filter(({ label }) => !sources || sources.includes(label));
        const held = await heldBy(reading, wanted);
        const fits = matching(query);
        const lines = facts.texts.find(
          query,
          (line) => fits(line) && held.some(({ rows }) => rows.has(line.row)),
        );
        return [...byId(lines).values()]
          .map((own) => summaryOf(own, labelsOf(own, held)))
          .sort(latestFirst);
      });
    },

    async details(id: string, mirrored: readonly Mirrored[]): Promise<AdvisoryDetails | undefined> {
      return loader.contents.reading([], async (reading) => {
        const { facts } = reading;
        const held = await heldBy(reading, mirrored);
        const lines = facts.texts.lines(facts.advisories.rowsOf(id));
        const own = [...lines.values()].filter(({ row }) => held.some(({ rows }) => rows.has(row)));
        if (own.length === 0) return undefined;
        const line = newest(own);
        const keys = facts.advisories.of(own.map(({ row }) => row)).flatMap((a) => a.packages);
        return {
          ...summaryOf(own, labelsOf(own, held)),
          ...(await textsOf(facts, line, held)),
          references: facts.texts.references(line.row),
          packages: [...new Set(keys)].sort().map(fieldsOf),
        };
      });
    },
  };

  async function textsOf(
    facts: Facts,
    { row }: AdvisoryLine,
    held: Held[],
  ): Promise<AdvisoryTexts> {
    const fragment = facts.texts.fragment(row);
    const of = held.find(({ rows }) => rows.has(row))!;
    for (const { manifest } of (await loader.content({ label: of.label, of })).origins) {
      const { updateinfo } = (await readManifest(objects, manifest)).trees;
      const element = fragment && updateinfo && (await elementAt(objects, updateinfo, fragment));
      if (element) return readAdvisoryTexts(element.bytes);
    }
    return readAdvisoryTexts(Buffer.from('<update/>'));
  }
}

/** What SQL does not look at. */
function matching(query: AdvisoryQuery): (line: Omit<AdvisoryLine, 'cves'>) => boolean {
  const severity = query.severity?.toLowerCase();
  const [from, to] = [query.issuedFrom, query.issuedTo].map((text) =>
    text === undefined ? undefined : issuedAt(text),
  );
  return (line) => {
    if (query.kind !== undefined && kindOfAdvisory(line.type) !== query.kind) return false;
    if (severity !== undefined && line.severity.trim().toLowerCase() !== severity) return false;
    if (from === undefined && to === undefined) return true;
    const issued = issuedAt(line.issued);
    return issued !== undefined && issued >= (from ?? 0) && issued < (to ?? Infinity);
  };
}

const labelsOf = (lines: readonly AdvisoryLine[], held: readonly Held[]): Set<string> =>
  new Set(held.filter(({ rows }) => lines.some(({ row }) => rows.has(row))).map((h) => h.label));
