import type { AdvisoryRule, Filters, Selection } from '../base/filters.ts';

/** Filters in words, a sentence for each part; none where nothing is filtered. */
export function filterWords(filters: Filters): string[] {
  const { packages, advisories, modules, groups, latestOnly, asOf } = filters;
  const lists = (what: string, { include, exclude }: Selection<string>) => [
    ...(include.length > 0 ? [`only ${what} ${include.join(', ')}`] : []),
    ...(exclude.length > 0 ? [`no ${what} ${exclude.join(', ')}`] : []),
  ];
  return [
    ...lists('packages', packages),
    ...lists('advisories', {
      include: advisories.include.map(ruleWords),
      exclude: advisories.exclude.map(ruleWords),
    }),
    ...lists('modules', modules),
    ...lists('groups', groups),
    ...(latestOnly ? ['only the newest builds'] : []),
    ...(asOf === null ? [] : [`everything as it was at ${asOf}`]),
  ];
}

function ruleWords({ types, severities, ids, issuedUntil }: AdvisoryRule): string {
  const parts = [
    ...(types ? [`of type ${types.join(' or ')}`] : []),
    ...(severities ? [`of severity ${severities.join(' or ')}`] : []),
    ...(ids ? [`called ${ids.join(' or ')}`] : []),
    ...(issuedUntil ? [`issued until ${issuedUntil}`] : []),
  ];
  return `(${parts.join(', ')})`;
}
