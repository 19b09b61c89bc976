import { AppError, oneLine } from '../base/errors.ts';
import { shownBytes } from '../base/units.ts';
import type { CancelResult, SyncResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';

export interface SyncFlags {
  all?: boolean;
  allowOlder?: boolean;
  cancel?: boolean;
  json: boolean;
}

/** Syncs sources. Gives the exit code: 1 if any failed. */
export async function syncCommand(
  config: Config,
  labels: string[],
  flags: SyncFlags,
): Promise<number> {
  if (labels.length === 0 && !flags.all) {
    throw new AppError('usage', 'no source is named', { hint: 'give labels, or --all' });
  }
  if (labels.length > 0 && flags.all) {
    throw new AppError('usage', 'both labels and --all are given', { hint: 'give one of them' });
  }
  if (flags.cancel) return cancel(config, labels, flags.json);
  const progress = createProgress(process.stderr);
  const request = { labels: flags.all ? [] : labels, allowOlder: flags.allowOlder ?? false };
  const results = await withOperations(config, (operations) =>
    operations.sync(request, progress.event),
  ).finally(() => progress.end());
  print(flags.json, results, () => results.map(describe).join('\n') || 'there are no sources');
  return results.every((r) => r.outcome === 'updated' || r.outcome === 'unchanged') ? 0 : 1;
}

/** Breaks syncs off. Gives exit code 0 also where there was nothing to break off. */
async function cancel(config: Config, labels: string[], json: boolean): Promise<number> {
  const results = await withOperations(config, (o) => o.cancelSync(labels));
  const said = ({ label, outcome }: CancelResult) => {
    if (outcome === null) return `${label}: nothing was running`;
    return outcome === 'cancelled'
      ? `${label}: cancelled`
      : `${label}: had ended before: ${outcome}`;
  };
  print(json, results, () => results.map(said).join('\n') || 'there are no sources');
  return 0;
}

function describe(r: SyncResult): string {
  const lines = [
    `${r.label}: ${said(r)} (${(r.took / 1000).toFixed(1)} s, ${shownBytes(r.bytes)} fetched)`,
  ];
  if (r.paused) {
    lines.push(`  paused: not synced by its schedule until \`headwater source resume ${r.label}\``);
  }
  for (const warning of r.warnings) lines.push(`  warning: ${oneLine(warning)}`);
  if (r.setAsideCount > 0) lines.push(`  set aside: ${r.setAsideCount} records`);
  for (const { document, reason } of r.setAside.slice(0, 5))
    lines.push(`    ${document}: ${oneLine(reason)}`);
  return lines.join('\n');
}

function said(r: SyncResult): string {
  const fetched = r.packagesFetched > 0 ? [`${shownCount(r.packagesFetched)} rpms fetched`] : [];
  if (r.outcome === 'unchanged') return ['nothing new', ...fetched].join(', ');
  if (r.outcome !== 'updated') return `${r.outcome}: ${r.reason}`;
  return [
    `revision ${r.revision}, ${shownCount(r.packages)} packages`,
    `${shownCount(r.packagesAdded)} added`,
    `${shownCount(r.packagesRemoved)} removed`,
    `${shownCount(r.advisoriesNew)} new advisories`,
    ...fetched,
  ].join(', ');
}
