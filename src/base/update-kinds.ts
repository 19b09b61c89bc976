/** What an update is for, the most urgent first: `other` is also one without an advisory. */
export const updateKinds = ['security', 'ksplice', 'bugfix', 'enhancement', 'other'] as const;
export type UpdateKind = (typeof updateKinds)[number];

/** What a vendor's word for the type of an advisory means here. */
export function kindOfAdvisory(type: string): UpdateKind {
  const word = type.trim().toLowerCase();
  if (word === 'bug') return 'bugfix';
  return updateKinds.find((kind) => kind === word && kind !== 'ksplice') ?? 'other';
}

/** What the most urgent of its advisories is for; what patches a running kernel is ksplice whatever they say. */
export function kindOfUpdate(
  { name, release }: { name: string; release: string },
  hasAdvisory: (kind: UpdateKind) => boolean,
): UpdateKind {
  if (/^(?:ksplice|uptrack)/.test(name) || release.includes('ksplice')) return 'ksplice';
  return updateKinds.find(hasAdvisory) ?? 'other';
}
