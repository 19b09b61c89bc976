import type { Source } from '../../base/source.ts';
import type { RevisionTable } from '../../store/state/revisions.ts';
import type { Checker } from './checker.ts';
import type { RevisionOf } from './gather.ts';

/**
 * Gives the check before publishing: of a label, the object of the revision that is served and of the one to come. It gives a
 * sentence on what becomes worse, or undefined. Where nothing is served yet, nothing becomes worse. What counts as there
 * besides is what those sources offer at that moment.
 */
export function createStrictCheck(deps: {
  checker: Checker;
  revisions: Pick<RevisionTable, 'current'>;
  source: (label: string) => Source | undefined;
}) {
  return async (
    label: string,
    before: string | undefined,
    after: string,
  ): Promise<string | undefined> => {
    if (before === undefined || before === after) return undefined;
    const own = deps.source(label);
    return deps.checker.compare(
      { label, revision: before },
      { label, revision: after },
      { with: await offeredBy(deps.revisions, countedWith(own)), platform: platformOf(own) },
    );
  };
}

/** Labels of the sources whose packages count as there when a strict view is checked. */
export function countedWith(source: Source | undefined): string[] {
  return source?.kind === 'view' && source.strict ? source.strict.with : [];
}

/** What sources offer now; of one that has nothing yet, nothing. */
export async function offeredBy(
  revisions: Pick<RevisionTable, 'current'>,
  labels: string[],
): Promise<RevisionOf[]> {
  const found = await Promise.all(labels.map((label) => revisions.current(label)));
  return found.flatMap((r) => (r ? [{ label: r.label, revision: r.manifest }] : []));
}

/** The platform's module stream on machines that use a source, as far as its definition says. */
export function platformOf(source: Source | undefined): string | undefined {
  const major = /^\d+/.exec(source?.release ?? '')?.[0];
  return major && `el${major}`;
}
