import { AppError } from '../base/errors.ts';
import { type UpdateKind, updateKinds } from '../base/update-kinds.ts';
import type { UpdateCounts } from '../updates/updates.ts';

/** A kind of updates as it is typed. Throws AppError 'usage'. */
export function kindOf(text: string | undefined): UpdateKind | undefined {
  if (text === undefined) return undefined;
  const kind = updateKinds.find((one) => one === text.toLowerCase());
  if (kind) return kind;
  throw new AppError('usage', `${text} is no kind of updates`, {
    hint: `there are ${updateKinds.join(', ')}`,
  });
}

/** How many updates there are, for a column. */
export function shortCounts(counts: UpdateCounts | undefined): string {
  if (!counts?.reported) return '-';
  return counts.security > 0 ? `${counts.total}, ${counts.security} security` : `${counts.total}`;
}

/** What an instance lacks, in a sentence. */
export function shownCounts(counts: UpdateCounts): string {
  if (!counts.reported) return 'not known: it did not say yet what is installed';
  const { total, heldBack, reboot } = counts;
  const kinds = updateKinds.flatMap((kind) => (counts[kind] > 0 ? `${counts[kind]} ${kind}` : []));
  const said = [
    total === 0 ? 'none' : `${total}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`,
    ...(heldBack > 0 ? [`${heldBack} more held back`] : []),
    ...(reboot ? ['to be rebooted'] : []),
  ];
  return said.join('; ');
}
