import { AppError } from '../base/errors.ts';
import { shownBytes } from '../base/units.ts';
import type { SyncResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';

export interface SyncFlags {
  all?: boolean;
  allowOlder?: boolean;
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
  const progress = createProgress(process.stderr);
  const request = { labels: flags.all ? [] : labels, allowOlder: flags.allowOlder ?? false };
  const results = await withOperations(config, (operations) =>
    operations.sync(request, progress.event),
  ).finally(() => progress.end());
  print(flags.json, results, () => results.map(describe).join('\n') || 'there are no sources');
  return results.every((r) => r.outcome === 'updated' || r.outcome === 'unchanged') ? 0 : 1;
}

function describe(r: SyncResult): string {
  const lines = [
    `${r.label}: ${said(r)} (${(r.took / 1000).toFixed(1)} s, ${shownBytes(r.bytes)} fetched)`,
  ];
  for (const warning of r.warnings) lines.push(`  warning: ${warning}`);
  if (r.setAsideCount > 0) lines.push(`  set aside: ${r.setAsideCount} records`);
  for (const { document, reason } of r.setAside.slice(0, 5))
    lines.push(`    ${document}: ${reason}`);
  return lines.join('\n');
}

function said(r: SyncResult): string {
  if (r.outcome === 'unchanged') return 'nothing new';
  if (r.outcome !== 'updated') return `${r.outcome}: ${r.reason}`;
  return [
    `revision ${r.revision}, ${shownCount(r.packages)} packages`,
    `${shownCount(r.packagesAdded)} added`,
    `${shownCount(r.packagesRemoved)} removed`,
    `${shownCount(r.advisoriesNew)} new advisories`,
  ].join(', ');
}
