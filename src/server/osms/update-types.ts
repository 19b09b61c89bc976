import { type UpdateKind, updateKinds } from '../../base/update-kinds.ts';
import type { Step } from '../../fleet/run-work.ts';

/** What the API's model can say that an advisory or an update is for. */
export const updateTypes = ['SECURITY', 'BUG', 'ENHANCEMENT', 'OTHER'] as const;

/** UpdateTypes of a kind. What ksplice brings has no name there. */
export function updateTypeOf(kind: UpdateKind): (typeof updateTypes)[number] {
  if (kind === 'security') return 'SECURITY';
  if (kind === 'bugfix') return 'BUG';
  return kind === 'enhancement' ? 'ENHANCEMENT' : 'OTHER';
}

/** PackageUpdateTypes: which updates are wanted. */
export const packageUpdateTypes = [
  'SECURITY',
  'BUGFIX',
  'ENHANCEMENT',
  'OTHER',
  'KSPLICE',
  'ALL',
] as const;
export type PackageUpdateType = (typeof packageUpdateTypes)[number];

/** The kinds that some of them mean; all where none is said. */
export function kindsOf(types: readonly PackageUpdateType[] | undefined): UpdateKind[] | 'all' {
  if (types === undefined || types.includes('ALL')) return 'all';
  return updateKinds.filter((kind) => types.some((type) => type.toLowerCase() === kind));
}

/** The updates that one of them means; all where none is said. */
export const updateAllOf = (type: PackageUpdateType | undefined): Step => ({
  kind: 'updateAll',
  kinds: kindsOf(type && [type]),
});

/** The one that means these kinds; undefined where none does. */
export function packageUpdateTypeOf(
  kinds: readonly UpdateKind[] | 'all',
): PackageUpdateType | undefined {
  if (kinds === 'all') return 'ALL';
  const [only, second] = kinds;
  return second ? undefined : packageUpdateTypes.find((type) => type.toLowerCase() === only);
}
