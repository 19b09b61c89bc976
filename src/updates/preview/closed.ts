import type { BitSet } from '../../base/bit-set.ts';
import { kindOfAdvisory, kindOfUpdate, type UpdateKind } from '../../base/update-kinds.ts';
import { compareEvr } from '../../repodata/evr.ts';
import type { BuildFacts, NamedBuild } from '../../store/catalogue/builds.ts';
import type { AdvisoryLine } from '../../store/catalogue/facts-texts.ts';
import { byId, summaryOf } from '../summaries.ts';
import type { AdvisorySummary } from '../updates.ts';

/** Something newer that is to come, or could. */
export interface Step {
  /** The installed one that it replaces or is put beside; undefined where it takes the place of others only. */
  old: NamedBuild | undefined;
  build: NamedBuild;
}

/** The advisories that a machine sees. */
export interface SeenAdvisories {
  /** The sources that have it, by row. */
  labels: Map<number, string[]>;
  /** Those with all that they ship. The others say only what remains of filtered packages. */
  whole: BitSet;
}

/**
 * Says which advisories are closed by steps: they ship something that is newer than what was there, and no newer than what comes;
 * of what takes the place of others, just that.
 */
export function createClosed(
  builds: BuildFacts,
  { labels, whole, isOffered }: SeenAdvisories & { isOffered(build: NamedBuild): boolean },
) {
  const shipped = new Map<string, ReturnType<BuildFacts['shipping']>>();

  function rowsOf({ old, build }: Step): number[] {
    const known = shipped.get(build.name) ?? builds.shipping(build.name);
    shipped.set(build.name, known);
    const rows = known.filter(({ row, build: fixed }) => {
      if (!labels.has(row) || fixed.arch !== build.arch) return false;
      if (!whole.has(row) && !isOffered(fixed)) return false;
      if (!old) return compareEvr(fixed, build) === 0;
      const since = old.name === build.name && compareEvr(fixed, old) <= 0;
      return !since && compareEvr(fixed, build) <= 0;
    });
    return rows.map(({ row }) => row);
  }

  return {
    rowsOf,
    /** Each once, by id, with all sources that have one of its records. */
    summaries(rows: Iterable<number>): AdvisorySummary[] {
      const found = byId(builds.advisories([...new Set(rows)]));
      const sourcesOf = (lines: readonly AdvisoryLine[]) =>
        new Set(lines.flatMap(({ row }) => labels.get(row) ?? []));
      return [...found.values()]
        .map((lines) => summaryOf(lines, sourcesOf(lines)))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    /** What the most urgent of the advisories that a step closes is for; `other` where there is none. */
    kindOf(step: Step): UpdateKind {
      const kinds = builds.advisories(rowsOf(step)).map(({ type }) => kindOfAdvisory(type));
      return kindOfUpdate(step.build, (kind) => kinds.includes(kind));
    },
  };
}
