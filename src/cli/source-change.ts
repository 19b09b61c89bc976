import { AppError } from '../base/errors.ts';
import type { Config } from './config.ts';
import { print } from './output.ts';
import { withOperations } from './session.ts';
import { absolute, withRemarks } from './source-add.ts';
import { type FilterFlags, filtersOf } from './view-flags.ts';

export async function removeSource(config: Config, label: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeSource(label));
  print(json, { removed: label }, () => `removed ${label}`);
}

export async function pauseSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.pauseSource(label));
  print(
    json,
    source,
    () => `paused ${label}; its schedule goes on with: headwater source resume ${label}`,
  );
}

export async function resumeSource(config: Config, label: string, json: boolean): Promise<void> {
  const source = await withOperations(config, (o) => o.resumeSource(label));
  print(
    json,
    source,
    () =>
      `${label} is not paused; its schedule: ${source.nextSync === null ? 'none, by hand' : `next at ${source.nextSync}`}`,
  );
}

export async function setSourceUrls(
  config: Config,
  label: string,
  { urls, json }: { urls: string[]; json: boolean },
): Promise<void> {
  const source = await withOperations(config, (o) => o.setSourceUrls(label, urls.map(absolute)));
  print(
    json,
    source,
    () => `${label} is mirrored from ${source.upstream} now; fetch with: headwater sync ${label}`,
  );
}

export async function filterSource(
  config: Config,
  label: string,
  { json, none, ...flags }: FilterFlags & { json: boolean; none?: boolean },
): Promise<void> {
  const filters = filtersOf(flags);
  if ((filters.length === 0) !== (none ?? false)) {
    throw new AppError(
      'usage',
      none ? '--none goes with no other filter' : 'no filter is given, which may be a mistake',
      { hint: 'give the filters that the view is to have, or --none to have all' },
    );
  }
  const source = await withOperations(config, (o) => o.setFilters(label, filters));
  print(json, source, () =>
    withRemarks(`${label} has ${none ? 'no filters' : 'these filters'} now`, source),
  );
}
