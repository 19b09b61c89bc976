import type { MirroredSource, Source } from '../../base/source.ts';

/** The mirrored sources that one draws from, through others too: itself where it is one. Each once; a circle ends. */
export function mirroredOrigins(
  source: Source,
  find: (label: string) => Source | undefined,
): MirroredSource[] {
  const seen = new Set<string>();
  const origins: MirroredSource[] = [];
  const visit = (one: Source | undefined): void => {
    if (!one || seen.has(one.label)) return;
    seen.add(one.label);
    if (one.kind === 'mirrored') origins.push(one);
    else for (const label of one.kind === 'stage' ? [one.follows] : one.from) visit(find(label));
  };
  visit(source);
  return origins;
}
