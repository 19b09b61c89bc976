import type { Kind, Marks } from './marks.ts';
import type { FoundObject } from './walk.ts';

/** What is swept, besides what no revision leads to. Times in milliseconds since 1970. */
export interface FateRules {
  /** Nothing that was written, or asked for, since then. */
  before: number;
  /** Packages that no revision has stay if they were asked for since then. */
  packagesBefore: number;
  /** Bytes of packages on demand; the least recently asked for go. Undefined for any number. */
  packagesAtMost: number | undefined;
}

/** Decides which objects go. Each is to be seen once before, so that it is known how much there is. */
export function createFates(
  marks: Pick<Marks, 'isKept' | 'isOnDemand' | 'about'>,
  rules: FateRules,
  sniff: (file: FoundObject) => Kind,
) {
  const { before, packagesBefore, packagesAtMost } = rules;
  /** Packages that may go for want of space: when they were last asked for, and bytes. */
  const spare: [time: number, size: number][] = [];
  let spareBytes = 0;
  /** Packages on demand go if they were last asked for at this time, or before. */
  let until = Number.NEGATIVE_INFINITY;

  /** What an object is that no revision that stays leads to. */
  function about(file: FoundObject): { source: string; kind: Kind } {
    return marks.about(file.name) ?? { source: '(left over)', kind: sniff(file) };
  }

  const staysFor = (file: FoundObject): boolean => file.time >= packagesBefore;

  return {
    before,
    see(file: FoundObject): void {
      if (packagesAtMost === undefined) return;
      const may = marks.isKept(file.name)
        ? marks.isOnDemand(file.name)
        : staysFor(file) && about(file).kind === 'rpms';
      if (!may) return;
      spare.push([file.time, file.size]);
      spareBytes += file.size;
    },
    /** To be called when all have been seen. */
    decide(): void {
      let excess = spareBytes - (packagesAtMost ?? Number.POSITIVE_INFINITY);
      for (const [time, size] of spare.sort(([a], [b]) => a - b)) {
        if (excess <= 0) break;
        until = time;
        excess -= size;
      }
      spare.length = 0;
    },
    /** Whose and what an object is that goes; undefined for one that stays. */
    of(file: FoundObject): { source: string; kind: Kind } | undefined {
      if (file.time >= before) return undefined;
      const wantsSpace = file.time <= until;
      if (marks.isKept(file.name)) {
        return wantsSpace && marks.isOnDemand(file.name) ? about(file) : undefined;
      }
      const what = about(file);
      return what.kind === 'rpms' && staysFor(file) && !wantsSpace ? undefined : what;
    },
  };
}
