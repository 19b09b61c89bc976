import { LRUCache } from 'lru-cache';
import { AppError } from './base/errors.ts';
import type { BuildName } from './channels/content/advisory-packages.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Resolver } from './channels/resolve.ts';

interface Deps {
  resolver: Pick<Resolver, 'resolve'>;
  content: Pick<ContentThread, 'advisory'>;
}

const remembered = 10_000;

/** Finds the builds of advisories in channels. What a revision has of one never changes, and is remembered. */
export function createAdvisoryLookup({ resolver, content }: Deps) {
  const known = new LRUCache<string, Promise<BuildName[]>>({ max: remembered });

  /** `channel` is a label, or `label@` with a revision, snapshot or time. None where there is no such channel. */
  return async (channel: string, advisory: string): Promise<BuildName[]> => {
    const [label, spec] = channel.split('@', 2) as [string, string | undefined];
    const revision = await resolver.resolve(label, spec).catch(absent);
    if (!revision) return [];
    const key = `${label} ${revision.manifest} ${advisory}`;
    let builds = known.get(key);
    if (!builds) {
      builds = content.advisory({ label, manifest: revision.manifest }, advisory);
      known.set(key, builds);
      builds.catch(() => known.delete(key));
    }
    return builds;
  };
}

function absent(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
}
