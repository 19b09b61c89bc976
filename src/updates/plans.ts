import { createEvaluator, type Evaluator } from './evaluate.ts';
import type { Names } from './installed.ts';
import type { Loader, Seen } from './loader.ts';
import type { SeenList } from './protocol.ts';
import type { World } from './world.ts';

/** What instances of one list are compared with. Both are the same where nothing is held back. */
export interface Plan {
  now: Evaluator;
  upstream: Evaluator;
}

interface Deps {
  loader: Loader;
  names: Names;
}

/** Keeps what lists of channels come to; those with the same channels share it. */
export function createPlans({ loader, names }: Deps) {
  const worlds = new Map<string, Promise<World>>();
  const evaluators = new Map<string, Promise<Evaluator>>();
  const plans = new WeakMap<SeenList, Promise<Plan>>();

  function world(seen: readonly Seen[], key: string): Promise<World> {
    let found = worlds.get(key);
    if (!found) {
      found = loader.world(seen);
      worlds.set(key, found);
      found.catch(() => worlds.delete(key));
    }
    return found;
  }

  function evaluator(seen: readonly Seen[], arch: string): Promise<Evaluator> {
    const key = keyOf(seen);
    const own = `${arch} ${key}`;
    let found = evaluators.get(own);
    if (!found) {
      found = world(seen, key).then((made) => createEvaluator(made, { names, arch }));
      evaluators.set(own, found);
      found.catch(() => evaluators.delete(own));
    }
    return found;
  }

  async function make(list: SeenList): Promise<Plan> {
    const now = await evaluator(list.now, list.arch);
    const all = everything(list);
    return { now, upstream: all === list.now ? now : await evaluator(all, list.arch) };
  }

  return {
    of(list: SeenList): Promise<Plan> {
      let found = plans.get(list);
      if (!found) {
        found = make(list);
        plans.set(list, found);
        found.catch(() => plans.delete(list));
      }
      return found;
    },

    /** Forgets what only other lists need. */
    keep(lists: Iterable<SeenList>): void {
      const needed = new Set<string>();
      const archs = new Set<string>();
      for (const list of lists) {
        for (const seen of [list.now, everything(list)]) {
          const key = keyOf(seen);
          needed.add(key);
          archs.add(`${list.arch} ${key}`);
        }
      }
      for (const key of worlds.keys()) if (!needed.has(key)) worlds.delete(key);
      for (const key of evaluators.keys()) if (!archs.has(key)) evaluators.delete(key);
    },
  };
}

export type Plans = ReturnType<typeof createPlans>;

/** What there is now, and what is behind it. */
function everything({ now, behind }: SeenList): Seen[] {
  const known = new Set(now.map(nameOf));
  const more = behind.filter((seen) => !known.has(nameOf(seen)));
  return more.length === 0 ? now : [...now, ...more];
}

const nameOf = ({ label, of }: Seen): string => JSON.stringify([label, of]);
const keyOf = (seen: readonly Seen[]): string => seen.map(nameOf).sort().join('\n');
