import { AppError, explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { ChannelLists } from './fleet/channel-lists.ts';
import type { Instances } from './fleet/instances.ts';
import type { Lenses } from './fleet/lenses.ts';
import type { Profiles } from './fleet/profiles.ts';
import type { ManagedDeps } from './managed.ts';
import { createSeenChannels } from './seen-channels.ts';
import { createSeenLists } from './seen-lists.ts';
import type { DataPaths } from './store/paths.ts';
import {
  countColumns,
  type Mirrored,
  type PackedAffected,
  type PackedCounts,
  type UpdatesAnswer,
  type UpdatesQuestion,
} from './updates/protocol.ts';
import { createUpdatesThread } from './updates/thread.ts';
import type { AffectedInstance, UpdateCounts, Updates, UpdatesChange } from './updates/updates.ts';

interface Deps
  extends Pick<ManagedDeps, 'objects' | 'revisions' | 'definitions' | 'sources' | 'resolver'> {
  paths: DataPaths;
  instances: Pick<Instances, 'get' | 'list' | 'onChanged'>;
  channelLists: Pick<ChannelLists, 'reads' | 'onChanged'>;
  profiles: Pick<Profiles, 'onChanged'>;
  lenses: Pick<Lenses, 'onChanged'>;
  log: Log;
}

/** After a change it is looked at so much later, in milliseconds: others follow mostly. */
const settleAfter = 1000;

/** What instances lack: tells the thread that finds it what they see, and hands on what is asked. */
export function createUpdatesPart(deps: Deps): Updates {
  const { sources, revisions, log } = deps;
  const channels = createSeenChannels(deps);
  const lists = createSeenLists({ ...deps, channels });
  const thread = createUpdatesThread(deps.paths, { onEnd: lists.forget });
  let timer: NodeJS.Timeout | undefined;
  let settling: Promise<unknown> = Promise.resolve();
  let closed = false;
  let generation = sources.generation();

  /** Of `about`, or all instances, the thread knows what it needs before it answers. */
  async function ask<T extends UpdatesAnswer>(
    question: UpdatesQuestion,
    about: readonly number[] | 'all',
  ): Promise<T> {
    for (let tries = 0; ; tries++) {
      lookAtSources();
      const epoch = lists.epoch();
      try {
        if (about === 'all' && !lists.isWhole()) setImmediate(settleSoon);
        return await lists.bring(about, ({ after, delta }) =>
          thread.ask<T>({ ...question, after, delta }),
        );
      } catch (error) {
        const isOld = error instanceof AppError && error.kind === 'conflict';
        if (!isOld || tries > 3) throw error;
        // It ended meanwhile, or the catalogue was made again; mostly others have found that, too.
        if (lists.epoch() === epoch) lists.forget();
      }
    }
  }

  /** What instances see goes by the sources that there are. */
  function lookAtSources(): void {
    if (sources.generation() === generation) return;
    generation = sources.generation();
    changed('all');
  }

  async function mirrored(): Promise<Mirrored[]> {
    const all = await revisions.currents();
    return all
      .filter(({ label }) => sources.get(label)?.kind === 'mirrored')
      .map(({ label, manifest }) => ({ label, manifest }));
  }

  /** While the thread is there it is kept up to date. */
  function settleSoon(): void {
    if (closed || timer || !thread.isThere()) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (closed || !thread.isThere() || !lists.isWhole()) return;
      settling = ask({ op: 'settle' }, 'all').catch((error) =>
        log.warn({ reason: explain(error) }, 'not known what instances lack'),
      );
    }, settleAfter).unref();
  }

  function changed(what: UpdatesChange): void {
    if (what === 'all') {
      channels.forgetAll();
      lists.forget();
    } else if ('source' in what) {
      channels.changed(what.source);

      lists.contentChanged();
    } else lists.instanceChanged(what.instance);
    settleSoon();
  }

  for (const one of [deps.instances, deps.profiles, deps.channelLists]) {
    one.onChanged((instance: number) => changed({ instance }));
  }
  deps.lenses.onChanged(() => changed('all'));

  return {
    changed,
    of: (instance, view) => ask({ op: 'of', instance, view }, [instance]),
    installable: (instance) => ask({ op: 'installable', instance }, [instance]),
    builds: (instance, kinds) => ask({ op: 'builds', instance, kinds }, [instance]),
    modules: (instance) => ask({ op: 'modules', instance }, [instance]),
    advisoriesOf: async (instance) =>
      ask({ op: 'advisoriesOf', instance, mirrored: await mirrored() }, [instance]),
    counts: async (instances) =>
      counted(await ask({ op: 'counts', instances }, instances ?? 'all')),
    summary: async (instances) =>
      ask({ op: 'summary', instances, mirrored: await mirrored() }, instances ?? 'all'),
    search: async (query) => ask({ op: 'search', query, mirrored: await mirrored() }, []),
    async advisory(id, sources) {
      const all = await mirrored();
      const asked = all.filter(({ label }) => !sources || sources.includes(label));
      return ask({ op: 'advisory', id, mirrored: asked }, []);
    },
    affected: async (about) =>
      affectedOf(await ask({ op: 'affected', about, mirrored: await mirrored() }, 'all')),

    async settled() {
      await settling;
      if (thread.isThere() && lists.isWhole()) await ask({ op: 'settle' }, 'all');
    },

    async close() {
      closed = true;
      clearTimeout(timer);
      await thread.close();
      await settling;
    },
  };
}

function counted({ instances, values }: PackedCounts): Map<number, UpdateCounts> {
  const found = new Map<number, UpdateCounts>();
  for (const [i, id] of instances.entries()) {
    const own = countColumns.map((name, at): [string, number | boolean] => {
      const value = values[i * countColumns.length + at]!;
      return [name, name === 'reboot' || name === 'reported' ? value === 1 : value];
    });
    found.set(id, Object.fromEntries(own) as unknown as UpdateCounts);
  }
  return found;
}

function affectedOf({ instances, affected, available, why, reasons }: PackedAffected) {
  return Array.from(
    instances,
    (instance, i): AffectedInstance => ({
      instance,
      state: affected[i] === 1 ? 'affected' : 'fixed',
      packages: reasons[why[i]!]!,
      available: available[i] === 1,
    }),
  );
}
