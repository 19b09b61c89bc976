import { kindOfAdvisory } from '../base/update-kinds.ts';
import { issuedAt } from '../channels/content/advisory-rules.ts';
import type { AdvisoryLine } from '../store/catalogue/facts-texts.ts';
import type { AdvisorySummary } from './updates.ts';

/** What is said of an advisory that several sources may have, each as it has it. */
export function summaryOf(
  lines: readonly AdvisoryLine[],
  sources: ReadonlySet<string>,
): AdvisorySummary {
  const { id, type, severity, title, issued, updated } = newest(lines);
  return {
    ...{ id, type: kindOfAdvisory(type), severity: severity.trim(), title: title.trim() },
    ...{ issued: timeText(issued), updated: timeText(updated) },
    cves: [...new Set(lines.flatMap((line) => line.cves))].sort(),
    sources: [...sources].sort(),
  };
}

export function byId(lines: readonly AdvisoryLine[]): Map<string, AdvisoryLine[]> {
  const found = new Map<string, AdvisoryLine[]>();
  for (const line of lines) found.set(line.id, [...(found.get(line.id) ?? []), line]);
  return found;
}

/** Of several sources' the one that was updated last. */
export function newest(lines: readonly AdvisoryLine[]): AdvisoryLine {
  const time = ({ updated, issued }: AdvisoryLine) => issuedAt(updated) ?? issuedAt(issued) ?? 0;
  return lines.reduce((best, line) => (time(line) > time(best) ? line : best));
}

type Issued = Pick<AdvisorySummary, 'id' | 'issued'>;

/** The order of lists; where it is not known when one was issued, it is the oldest. */
export function latestFirst(a: Issued, b: Issued): number {
  const [at, other] = [whenIssued(a), whenIssued(b)];
  if (at !== other) return at < other ? 1 : -1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** What advisories are ordered by; empty where it is no time. */
export const whenIssued = ({ issued }: Pick<Issued, 'issued'>): string =>
  /^\d{4}-\d\d-\d\dT/.test(issued) ? issued : '';

function timeText(text: string): string {
  const time = issuedAt(text);
  return time === undefined ? text.trim() : new Date(time).toISOString();
}
