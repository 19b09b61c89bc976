import { LRUCache } from 'lru-cache';
import { AppError } from './base/errors.ts';
import { channelName } from './channels/channels.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Resolver } from './channels/resolve.ts';

interface Deps {
  resolver: Pick<Resolver, 'resolve'>;
  content: Pick<ContentThread, 'advisory' | 'named'>;
}

type Revision = Parameters<ContentThread['advisory']>[0];

/** Of so many questions the answers are kept. */
const mostAdvisories = 10_000;
const mostNames = 500;

/**
 * Finds builds in channels, each a label, or `label@` with a revision, snapshot or time. What a revision has never changes, and is
 * remembered.
 */
export function createBuildLookup({ resolver, content }: Deps) {
  const advisories = remembering(content.advisory, mostAdvisories);
  const named = remembering(content.named, mostNames);

  /** Undefined where there is no such channel. */
  async function revisionOf(channel: string): Promise<Revision | undefined> {
    const { label, spec } = channelName(channel);
    const found = await resolver.resolve(label, spec).catch(absent);
    return found && { label, manifest: found.manifest };
  }

  return {
    /** The builds of an advisory; none where the channel does not have it. */
    async advisory(channel: string, id: string) {
      const revision = await revisionOf(channel);
      return revision ? advisories(revision, id) : [];
    },

    /** The builds of some names, and the streams of modules that they are of. */
    async named(channel: string, names: readonly string[]) {
      const revision = await revisionOf(channel);
      return revision ? named(revision, names) : { builds: [], modular: [] };
    },
  };
}

function remembering<A, R>(ask: (of: Revision, about: A) => Promise<R>, max: number) {
  const known = new LRUCache<string, { answer: Promise<R> }>({ max });
  return (of: Revision, about: A): Promise<R> => {
    const key = JSON.stringify([of.label, of.manifest, about]);
    const before = known.get(key);
    if (before) return before.answer;
    const answer = ask(of, about);
    known.set(key, { answer });
    answer.catch(() => known.delete(key));
    return answer;
  };
}

function absent(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
}
