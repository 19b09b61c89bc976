import type { Source } from '../../base/source.ts';
import type { Checker } from './checker.ts';

/**
 * Gives the check before publishing: of a label, the object of the revision that is served and of the one to come. It gives a
 * sentence on what becomes worse, or undefined. Where nothing is served yet, nothing becomes worse.
 */
export function createStrictCheck(deps: {
  checker: Checker;
  source: (label: string) => Source | undefined;
}) {
  return async (
    label: string,
    before: string | undefined,
    after: string,
  ): Promise<string | undefined> => {
    if (before === undefined || before === after) return undefined;
    const platform = platformOf(deps.source(label));
    return deps.checker.compare(
      { label, revision: before },
      { label, revision: after },
      { with: [], platform },
    );
  };
}

/** The platform's module stream on machines that use a source, as far as its definition says. */
export function platformOf(source: Source | undefined): string | undefined {
  const major = /^\d+/.exec(source?.release ?? '')?.[0];
  return major && `el${major}`;
}
