import { packageId } from '../channels/content/listed.ts';
import type { Engine } from './engine.ts';
import type { Mirrored } from './protocol.ts';
import type { createSearch } from './search.ts';
import { latestFirst } from './summaries.ts';
import type { InstanceAdvisory } from './updates.ts';

interface Deps {
  engine: Engine;
  search: ReturnType<typeof createSearch>;
}

/** Tells which advisories an instance lacks something of, the security ones first. */
export function createLacking({ engine, search }: Deps) {
  return async (id: number, mirrored: readonly Mirrored[]): Promise<InstanceAdvisory[]> => {
    const { member, now, upstream, useNow, useUpstream } = await engine.standing(id);
    const advisories = engine.advisories();
    const found = new Map<number, { packages: Set<string>; available: boolean }>();
    for (const top of member.tops) {
      for (const { advisory, key, evr } of upstream.pending(top, useUpstream)) {
        const own = found.get(advisory) ?? { packages: new Set(), available: true };
        found.set(advisory, own);
        own.packages.add(packageId(key));
        own.available &&= now.offers(top, evr, useNow);
      }
    }
    const rows = new Map(
      [...found.keys()].map((number) => [advisories.get(number).id, advisories.get(number).row]),
    );
    const texts = await search.summaries(rows, mirrored);
    return [...found]
      .flatMap(([number, { packages, available }]) => {
        const summary = texts.get(advisories.get(number).id);
        return summary ? [{ ...summary, packages: [...packages].sort(), available }] : [];
      })
      .sort(byUrgency);
  };
}

function byUrgency(a: InstanceAdvisory, b: InstanceAdvisory): number {
  const kinds = Number(b.type === 'security') - Number(a.type === 'security');
  return kinds || latestFirst(a, b);
}
