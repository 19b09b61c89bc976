import type { ChannelLists } from './fleet/channel-lists.ts';
import type { Instance, Instances } from './fleet/instances.ts';
import type { SeenChannels } from './seen-channels.ts';
import type { Delta, SeenList } from './updates/protocol.ts';

interface Deps {
  instances: Pick<Instances, 'get' | 'list'>;
  channelLists: Pick<ChannelLists, 'reads'>;
  channels: SeenChannels;
}

/** What instances with the same channels see. */
interface List {
  number: number;
  arch: string;
  reads: { label: string; channel: string }[];
  /** What the thread was told of it. */
  told: string | undefined;
  users: number;
}

/** What the thread is told with a question, and how much it knows then. */
interface Told {
  after: number;
  delta: Delta | undefined;
}

/** After so many instances others get their turn. */
const atATime = 200;

/** Keeps which instance sees which channels, and tells what of that the thread does not know yet. */
export function createSeenLists({ instances, channelLists, channels }: Deps) {
  let lists = new Map<string, List>();
  let placed = new Map<number, List>();
  /** Instances of which something changed. */
  let dirty = new Set<number>();
  let isWhole = false;
  let isContentNew = true;
  let told = 0;
  let count = 0;
  let tail: Promise<unknown> = Promise.resolve();

  function forget(): void {
    lists = new Map();
    placed = new Map();
    dirty = new Set();
    isWhole = false;
    isContentNew = true;
    told = 0;
  }

  async function listOf(instance: Instance): Promise<List> {
    const reads = await channelLists.reads(instance);
    const key = JSON.stringify([instance.arch, reads]);
    const before = lists.get(key);
    if (before) return before;
    const list = { number: ++count, arch: instance.arch, reads, told: undefined, users: 0 };
    lists.set(key, list);
    isContentNew = true;
    return list;
  }

  async function contentOf({ number, arch, reads }: List): Promise<SeenList> {
    const list: SeenList = { number, arch, now: [], behind: [] };
    for (const { label, channel } of reads) {
      const { now, behind } = await channels.of(channel);
      if (now) list.now.push({ label, of: now });
      for (const of of behind) list.behind.push({ label, of });
    }
    return list;
  }

  /** What changed since; of these instances at least. */
  async function gather(about: readonly number[] | 'all'): Promise<Delta> {
    const delta: Delta = {
      ...{ number: told + 1, lists: [], goneLists: [], placed: [], dirty: [], gone: [] },
    };
    const looked = dirty;
    dirty = new Set();
    const place = async (id: number, instance: Instance | undefined) => {
      const before = placed.get(id);
      if (!instance) {
        if (before) delta.gone.push(id);
        placed.delete(id);
        return;
      }
      const list = await listOf(instance);
      if (list === before) return;
      placed.set(id, list);
      delta.placed.push([id, list.number]);
    };
    if (about === 'all' && !isWhole) {
      for (const [i, instance] of (await instances.list()).entries()) {
        if (!placed.has(instance.id)) await place(instance.id, instance);
        if (i % atATime === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      isWhole = true;
    }
    for (const id of about === 'all' ? [] : about) {
      if (!placed.has(id)) await place(id, await instances.get(id));
    }
    for (const id of looked) {
      if (!placed.has(id) && !isWhole) continue;
      await place(id, await instances.get(id));
      delta.dirty.push(id);
    }
    if (!isContentNew) return delta;
    isContentNew = false;
    const users = new Set(placed.values());
    for (const [key, list] of lists) {
      if (!users.has(list)) {
        if (list.told !== undefined) delta.goneLists.push(list.number);
        lists.delete(key);
        continue;
      }
      const content = await contentOf(list);
      const text = JSON.stringify(content);
      if (text === list.told) continue;
      list.told = text;
      delta.lists.push(content);
    }
    return delta;
  }

  return {
    forget,
    isWhole: () => isWhole,
    contentChanged(): void {
      isContentNew = true;
    },
    instanceChanged: (id: number): void => void dirty.add(id),

    /** Asks the thread when it is told, with the question, what it does not know yet. */
    async bring<T>(about: readonly number[] | 'all', ask: (told: Told) => Promise<T>): Promise<T> {
      const turn = tail.then(async () => {
        const before = lists;
        const delta = await gather(about);
        // Everything was forgotten meanwhile.
        if (before !== lists) return undefined;
        const isNews = told === 0 || isAny(delta);
        if (isNews) told = delta.number;
        return { answer: ask({ after: told, delta: isNews ? delta : undefined }) };
      });
      // What was noted to be looked at is lost with it.
      tail = turn.catch(forget);
      const asked = await turn;
      return asked ? asked.answer : this.bring(about, ask);
    },
  };
}

const isAny = ({ lists, goneLists, placed, dirty, gone }: Delta): boolean =>
  [lists, goneLists, placed, dirty, gone].some((list) => list.length > 0);
