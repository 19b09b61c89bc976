import { AppError } from './base/errors.ts';
import { channelName } from './channels/channels.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Resolver } from './channels/resolve.ts';
import { createHeldViews, type HeldViewDeps } from './held-views.ts';
import { readRevision } from './store/objects/derived.ts';

export interface ContentDigestDeps extends HeldViewDeps {
  content: Pick<ContentThread, 'digest'>;
  resolver: Pick<Resolver, 'resolve'>;
}

/**
 * What clients would see of a channel (a label, or a label with `@` and a revision, snapshot or time), as a digest. Nothing
 * is rendered for it. Undefined where there is nothing yet. Throws AppErrors.
 */
export function createContentDigest(deps: ContentDigestDeps) {
  const { objects, revisions, sources, content, resolver } = deps;
  const held = createHeldViews(deps);

  return async (channel: string): Promise<string | undefined> => {
    const { label, spec } = channelName(channel);
    const source = sources.get(label);
    if (!source) return undefined;
    if (spec !== undefined) return (await resolver.resolve(label, spec)).manifest;
    if (source.kind === 'view') return held(source, content.digest).catch(nothingYet);
    const current = await revisions.current(label);
    if (!current?.derived) return current?.manifest;
    // How it is rendered does not change what it consists of.
    const made = await readRevision(objects, current.manifest);
    if (made.kind === 'mirrored') return current.manifest;
    return made.derived.parents
      .map(({ manifest, only }) => (only ? `${manifest} ${only.join(' ')}` : manifest))
      .join();
  };
}

function nothingYet(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
}
