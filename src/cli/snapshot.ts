import type { CountedSnapshot } from '../channels/snapshots.ts';
import type { FilledSnapshot } from '../server/control/time.ts';
import type { Snapshot } from '../store/state/snapshots.ts';
import type { Config } from './config.ts';
import { print, shownCount, shownTime, table } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface CreateFlags {
  at?: string;
  fetch?: boolean;
  json: boolean;
}

/** Makes a snapshot. Gives the exit code: 1 if packages could not be fetched. */
export async function createSnapshot(
  config: Config,
  { label, name }: { label: string; name: string },
  { at = undefined, fetch = false, json }: CreateFlags,
): Promise<number> {
  const progress = createProgress(process.stderr);
  const [snapshot, filled] = await withOperations(config, async (o) => {
    const made = await o.createSnapshot({ label, name, at: at ?? null, by: userName() });
    const held = await o.fillSnapshot(label, { name, fetch }, progress.event);
    return [made, held] as const;
  }).finally(() => progress.end());
  print(json, { ...snapshot, ...filled }, () => describe(snapshot, filled, fetch));
  return filled.failed.length === 0 ? 0 : 1;
}

function describe(s: Snapshot, filled: FilledSnapshot, fetch: boolean): string {
  const { packages, notHeld, fetched, failed } = filled;
  const lines = [
    `${s.label}@${s.name} is revision ${s.revision} of ${shownTime(s.publishedAt)}, ${shownCount(packages)} packages`,
  ];
  if (fetched > 0) lines.push(`  fetched: ${shownCount(fetched)} packages`);
  for (const { location, reason } of failed) lines.push(`  not fetched: ${location}: ${reason}`);
  if (notHeld > 0) {
    lines.push(
      `  not held: ${shownCount(notHeld)} of its packages, which upstream may drop one day${fetch ? '' : '; --fetch gets them'}`,
    );
  }
  return lines.join('\n');
}

export async function listSnapshots(
  config: Config,
  label: string | undefined,
  json: boolean,
): Promise<void> {
  const snapshots = await withOperations(config, (o) => o.listSnapshots(label ?? null));
  print(json, snapshots, () => {
    if (snapshots.length === 0) return 'there are no snapshots';
    const heads = [
      'SOURCE',
      'NAME',
      'REVISION',
      'OF',
      'MADE',
      'BY',
      'KIND',
      'PACKAGES',
      'NOT HELD',
    ];
    return table([heads, ...snapshots.map(row)]);
  });
}

const row = (s: CountedSnapshot): string[] => [
  s.label,
  s.name,
  String(s.revision),
  shownTime(s.publishedAt),
  shownTime(s.createdAt),
  s.createdBy,
  s.kind,
  shownCount(s.packages),
  shownCount(s.notHeld),
];

export async function removeSnapshot(
  config: Config,
  { label, name }: { label: string; name: string },
  json: boolean,
): Promise<void> {
  const { namedBy } = await withOperations(config, (o) => o.removeSnapshot(label, name));
  print(json, { removed: `${label}@${name}`, namedBy }, () =>
    [
      `removed ${label}@${name}`,
      ...namedBy.map(
        (stage) => `  stage ${stage} names it in \`at\`, and keeps what it offers: change that too`,
      ),
    ].join('\n'),
  );
}
