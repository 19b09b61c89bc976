import { AppError } from './base/errors.ts';
import type { Source } from './base/source.ts';
import { channelName } from './channels/channels.ts';
import { createResolver, type Resolver } from './channels/resolve.ts';
import { drawsOn } from './source-graph.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DefinitionTable } from './store/state/definitions.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import type { Seen } from './updates/loader.ts';

interface Deps {
  objects: Objects;
  revisions: RevisionTable;
  definitions: DefinitionTable;
  sources: { get(label: string): Source | undefined };
  resolver: Pick<Resolver, 'resolve'>;
}

/** What a channel is of now, and the mirrored sources behind it as they are. */
interface Known {
  now: Seen['of'] | undefined;
  behind: { label: string; manifest: string }[];
}

/**
 * What channels (labels, or labels with `@` and a revision, snapshot or time) are, whether that is published or not. What was
 * found is kept until a source changes that it draws on.
 */
export function createSeenChannels(deps: Deps) {
  const { revisions, sources } = deps;
  // Nothing of it is signed, which needs a key.
  const held = createResolver({ ...deps, source: sources.get, signedBy: async () => [] });
  const known = new Map<string, Promise<Known>>();

  async function find(channel: string): Promise<Known> {
    const behind = [...mirroredBehind(channelName(channel).label)];
    const currents = behind.length > 0 ? await revisions.currents(behind) : [];
    return {
      now: await nowOf(channel).catch(nothing),
      behind: currents.map(({ label, manifest }) => ({ label, manifest })),
    };
  }

  async function nowOf(channel: string): Promise<Seen['of']> {
    const { label, spec } = channelName(channel);
    const source = sources.get(label);
    // A strict view that fails its check stays as it was published.
    if (spec === undefined && source?.kind === 'view' && !source.strict) {
      return { label, derived: (await held.derive(label, source)).derived };
    }
    const { manifest } = await deps.resolver.resolve(label, spec);
    return { label, manifest };
  }

  /** Labels of the mirrored sources that one is made of in the end. */
  function mirroredBehind(label: string, seen = new Set<string>()): Set<string> {
    const found = new Set<string>();
    const source = sources.get(label);
    if (!source || seen.has(label)) return found;
    seen.add(label);
    if (source.kind === 'mirrored') return found.add(label);
    const parents = source.kind === 'stage' ? [source.follows] : source.from;
    for (const parent of parents) {
      for (const one of mirroredBehind(parent, seen)) found.add(one);
    }
    return found;
  }

  return {
    async of(channel: string): Promise<Known> {
      let found = known.get(channel);
      if (!found) {
        found = find(channel);
        known.set(channel, found);
        found.catch(() => known.get(channel) === found && known.delete(channel));
      }
      return found;
    },

    /** A source is another than it was. */
    changed(source: string): void {
      for (const channel of known.keys()) {
        const { label } = channelName(channel);
        if (drawsOn(sources.get, label, source) || mirroredBehind(label).has(source)) {
          known.delete(channel);
        }
      }
    },

    forgetAll: (): void => known.clear(),
  };
}

export type SeenChannels = ReturnType<typeof createSeenChannels>;

function nothing(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}
