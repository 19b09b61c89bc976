import { LRUCache } from 'lru-cache';
import { createDigestMap, type DigestMap } from './digest-map.ts';

/** What a running operation needs: nothing that was written since it began is swept, nor what it holds. */
export interface Lease {
  /**
   * Keeps objects of these names, whether they are there yet or not, until the lease ends, and longer where a collection is
   * under way. Afterwards an object that is there stays: who holds first and looks then may rely on what it finds.
   */
  hold(names: Iterable<string>): Promise<void>;
  end(): void;
}

/** A collection's side of the leases. There is one at a time. */
export interface Collection {
  /** Revisions that operations had leased when it began. */
  roots: string[];
  /** Since when the oldest running operation runs, in milliseconds since 1970; undefined if none does. */
  oldest(): number | undefined;
  /** Those of the names that may be removed now. Whoever wants to hold one of them waits for `removed`. */
  condemn(names: readonly string[]): string[];
  removed(): void;
  end(): void;
}

interface Held {
  since: number;
  roots: string[];
  names: DigestMap;
}

/** Of how many objects it is remembered when a client asked for them last. */
const mostAsked = 50_000;

export type Leases = ReturnType<typeof createLeases>;

/**
 * Who uses objects that no published revision names yet. All of it happens in the main thread, where holding a name and
 * condemning one are each a single step: the one or the other comes first.
 */
export function createLeases() {
  const running = new Set<Held>();
  /** Leases that ended since the collection under way began: it does not know what was made of them. */
  let ended: Held[] = [];
  let collecting: { keep(roots: string[]): Promise<void> } | undefined;
  let condemned: { names: ReadonlySet<string>; done: Promise<void>; resolve(): void } | undefined;

  const asked = new LRUCache<string, number>({ max: mostAsked });

  const isHeld = (name: string): boolean => {
    for (const { names } of running) if (names.get(name)) return true;
    return ended.some(({ names }) => names.get(name) > 0);
  };

  return {
    /**
     * Begins a lease, at most with all that these revisions' objects lead to. Where something of that was swept before, it is
     * missing: the caller looks.
     */
    async take(roots: string[] = []): Promise<Lease> {
      const held: Held = { since: Date.now(), roots, names: createDigestMap() };
      running.add(held);
      if (roots.length > 0) await collecting?.keep(roots);
      return {
        async hold(names) {
          const waiting: Promise<void>[] = [];
          for (const name of names) {
            if (condemned?.names.has(name)) waiting.push(condemned.done);
            held.names.set(name, 1);
          }
          await Promise.all(waiting);
        },
        end() {
          if (running.delete(held) && collecting) ended.push(held);
        },
      };
    },

    /** A client is to be sent that object: it stays for the margin of a collection, if it is there still when this settles. */
    async use(name: string): Promise<void> {
      const removing = condemned?.names.has(name) && condemned.done;
      asked.set(name, Date.now());
      await removing;
    },

    /**
     * `keep` makes the collection keep all that revisions' objects lead to; it settles once nothing of it is removed any more.
     * What clients asked for in the last `marginMs` stays.
     */
    begin(keep: (roots: string[]) => Promise<void>, marginMs: number): Collection {
      if (collecting) throw new Error('there is a collection under way');
      collecting = { keep };
      return {
        roots: [...running].flatMap(({ roots }) => roots),
        oldest: () => (running.size ? Math.min(...[...running].map((h) => h.since)) : undefined),
        condemn(names) {
          const since = Date.now() - marginMs;
          const free = names.filter((name) => !isHeld(name) && (asked.get(name) ?? 0) <= since);
          const { promise, resolve } = Promise.withResolvers<void>();
          condemned = { names: new Set(free), done: promise, resolve };
          return free;
        },
        removed() {
          condemned?.resolve();
          condemned = undefined;
        },
        end() {
          this.removed();
          collecting = undefined;
          ended = [];
        },
      };
    },
  };
}
