import type { RevisionHistory } from '../channels/history.ts';
import type { SourceHistory } from '../server/control/time.ts';
import type { Move } from '../store/state/moves.ts';
import type { Config } from './config.ts';
import { print, shownCount, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';

export async function showHistory(config: Config, label: string, json: boolean): Promise<void> {
  const history = await withOperations(config, (o) => o.showHistory(label));
  print(json, history, () => describe(history));
}

function describe({ label, revisions, moves }: SourceHistory): string {
  if (revisions.length === 0) return `${label} has no revision yet`;
  const heads = [
    ...['REVISION', 'PUBLISHED', 'BY', 'OF', 'PACKAGES', 'ADDED', 'REMOVED'],
    ...['SNAPSHOTS', 'SUPERSEDED', 'ORIGINALS'],
  ];
  const lines = [table([heads, ...revisions.map(revisionRow)])];
  if (moves.length > 0) {
    const moveHeads = ['MOVED', 'BY', 'HOW', 'FROM', 'TO', 'REVISION'];
    lines.push('', table([moveHeads, ...moves.map(moveRow)]));
  }
  return lines.join('\n');
}

const revisionRow = (r: RevisionHistory): string[] => [
  String(r.number),
  shownTime(r.published),
  r.by === null ? r.origin : `${r.origin} (${r.by})`,
  r.parents.map(shown).join(' ') || '-',
  shownCount(r.packages),
  shownCount(r.added),
  shownCount(r.removed),
  r.snapshots.join(' ') || '-',
  r.superseded === null ? 'current' : shownTime(r.superseded),
  r.originals === null ? '-' : r.originals ? 'kept' : 'dropped',
];

const moveRow = (m: Move): string[] => [
  shownTime(m.at),
  m.by,
  m.kind,
  m.from ? shown(m.from) : '-',
  shown(m.to),
  String(m.revision),
];

const shown = (of: { label: string; revision: number | null }): string =>
  `${of.label}@${of.revision ?? '(a time)'}`;
