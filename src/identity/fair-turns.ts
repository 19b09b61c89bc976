import { LRUCache } from 'lru-cache';

/** For whom something is done. */
interface For {
  address: string;
  /** Whom they claim to be there. */
  identity: string;
}

interface Waiting extends For {
  came: number;
  begin(): void;
  giveUp(): void;
}

/** Addresses and identities of which it is known when they had their turn last. */
const remembered = 10_000;

/**
 * Lets so many things happen at a time, and others wait: first goes the address that had its turn longest ago, at one
 * address the identity. So who asks for much waits for themselves, and nobody else does. Of more than `mostWaiting` the
 * one that would be last is given up: `tooMany` makes the error for that.
 */
export function createFairTurns(options: {
  atATime: number;
  mostWaiting: number;
  tooMany(): Error;
}) {
  const { atATime, mostWaiting, tooMany } = options;
  const lastTurn = new LRUCache<string, number>({ max: remembered });
  let waiting: Waiting[] = [];
  let running = 0;
  let count = 0;

  const identityAt = ({ address, identity }: For) => `${address} ${identity.slice(0, 200)}`;
  const turnOf = (key: string) => lastTurn.get(key) ?? 0;
  const inOrder = (a: Waiting, b: Waiting) =>
    turnOf(a.address) - turnOf(b.address) ||
    turnOf(identityAt(a)) - turnOf(identityAt(b)) ||
    a.came - b.came;

  function goOn(): void {
    if (running < atATime || waiting.length > mostWaiting) waiting = waiting.toSorted(inOrder);
    while (running < atATime && waiting.length > 0) {
      const next = waiting.shift()!;
      count++;
      lastTurn.set(next.address, count);
      lastTurn.set(identityAt(next), count);
      running++;
      next.begin();
    }
    while (waiting.length > mostWaiting) waiting.pop()!.giveUp();
  }

  return async function inTurn<T>(by: For, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin, reject) => {
      waiting.push({ ...by, came: ++count, begin, giveUp: () => reject(tooMany()) });
      goOn();
    });
    try {
      return await work();
    } finally {
      running--;
      goOn();
    }
  };
}
