import { AppError } from '../base/errors.ts';
import type { ShownLens } from '../server/control/lenses.ts';
import type { Config } from './config.ts';
import { print, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { type FilterFlags, filtersOf } from './view-flags.ts';

export interface LensFlags extends FilterFlags {
  holdBack?: string[];
  securityOnly?: boolean;
  at?: string;
  stage?: string;
  ownLabel: boolean;
  none?: boolean;
}

/** Says what an instance or a group sees of a source; without a label, lists what was said. */
export async function filterFor(
  config: Config,
  {
    scope,
    subject,
    label,
  }: { scope: 'instance' | 'group'; subject: string; label: string | undefined },
  { json, ...flags }: LensFlags & { json: boolean },
): Promise<void> {
  const by = `user:${userName()}`;
  const { holdBack, securityOnly, at, stage, ownLabel, none, ...filterFlags } = flags;
  const filters = filtersOf({
    ...filterFlags,
    ...(holdBack && { excludePackage: [...(filterFlags.excludePackage ?? []), ...holdBack] }),
    ...(securityOnly && { advisoryType: ['security'] }),
  });
  const says = filters.length > 0 || at !== undefined || stage !== undefined;
  if (label === undefined) {
    if (says || none) throw new AppError('usage', 'of which source is not said');
    const lenses = await withOperations(config, (o) => o.listLenses({ scope, subject }));
    print(json, lenses, () => listed(lenses));
    return;
  }
  if (says === (none ?? false)) {
    throw new AppError(
      'usage',
      none ? '--none goes with nothing else' : 'nothing is said of what is to be seen',
      { hint: 'give filters, --at or --stage, or --none to see all of it' },
    );
  }
  if (none) {
    await withOperations(config, (o) => o.removeLens({ scope, subject, label, by }));
    print(json, { removed: label }, () => `${scope} ${subject} sees ${label} as it is`);
    return;
  }
  const under = ownLabel ? 'own' : 'parent';
  const request = { scope, subject, label, filters, under, by } as const;
  const lens = await withOperations(config, (o) =>
    o.setLens({ ...request, at: at ?? null, stage: stage ?? null }),
  );
  print(json, lens, () => `${scope} ${subject} sees ${lens.channel} as ${shownAs(lens)}`);
}

const shownAs = ({ under, label, channel }: ShownLens): string =>
  under === 'own' ? channel : label;

function listed(lenses: readonly ShownLens[]): string {
  return table([
    ['SOURCE', 'SEES', 'UNDER'],
    ...lenses.map((lens) => [lens.label, lens.channel, shownAs(lens)]),
  ]);
}
