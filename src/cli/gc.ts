import { shownBytes } from '../base/units.ts';
import type { GcResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount, table } from './output.ts';
import { withOperations } from './session.ts';

/** Frees space, having said what goes. */
export async function gcCommand(
  config: Config,
  { dryRun, json }: { dryRun: boolean; json: boolean },
): Promise<void> {
  let planned: Plan | undefined;
  const result = await withOperations(config, (o) =>
    o.gc({ dryRun }, ({ plan }) => {
      planned = plan;
      if (!json) process.stdout.write(`${describe(plan, 'would be freed')}\n`);
    }),
  );
  if (json) print(true, { plan: planned, ...result }, () => '');
  else if (!dryRun) {
    process.stdout.write(
      `${describe(result, 'were freed')} (${(result.took / 1000).toFixed(1)} s)\n`,
    );
  }
}

type Plan = Pick<GcResult, 'lines' | 'bytes' | 'revisions'>;

function describe({ lines, bytes, revisions }: Plan, what: string): string {
  const rows = lines.map(({ source, kind, count, bytes: own }) => [
    source,
    kind,
    shownCount(count),
    kind === 'rows' ? '-' : shownBytes(own),
  ]);
  const numbers = revisions.map(({ label, numbers: all }) =>
    all.length === 1
      ? `${label}: revision ${all[0]} goes`
      : `${label}: ${all.length} revisions go, up to ${Math.max(...all)}`,
  );
  const files = lines.filter(({ kind }) => kind !== 'rows').reduce((sum, l) => sum + l.count, 0);
  return [
    ...(rows.length > 0 ? [table([['SOURCE', 'KIND', 'COUNT', 'SIZE'], ...rows])] : []),
    ...numbers,
    `${shownBytes(bytes)} in ${shownCount(files)} files ${what}`,
  ].join('\n');
}
