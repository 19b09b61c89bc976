/**
 * Lets work through that people wait for one after the other, and work in the background only while there is none: such work
 * asks at the `gate` before each of its steps.
 */
export function createTurnstile() {
  const going = new Map<string, { background: boolean }>();
  let urgent = 0;
  let waiting: (() => void)[] = [];
  const tails = { urgent: Promise.resolve(), background: Promise.resolve() };

  function leave(): void {
    if (--urgent > 0) return;
    const freed = waiting;
    waiting = [];
    for (const go of freed) go();
  }

  return {
    async pass<T>(
      key: string,
      background: boolean,
      work: (gate: () => Promise<void>) => Promise<T>,
    ): Promise<T> {
      const own = { background };
      if (key) going.set(key, own);
      if (!background) urgent++;
      const gate = async () => {
        while (own.background && urgent > 0) {
          await new Promise<void>((resolve) => waiting.push(resolve));
        }
      };
      const queue = background ? 'background' : 'urgent';
      const result = tails[queue].then(async () => {
        await gate();
        return work(gate);
      });
      tails[queue] = result.then(
        () => {},
        () => {},
      );
      try {
        return await result;
      } finally {
        if (!own.background) leave();
        if (going.get(key) === own) going.delete(key);
      }
    },

    /** Somebody waits now for what was in the background. */
    hurry(key: string): void {
      const own = going.get(key);
      if (!own?.background) return;
      own.background = false;
      urgent++;
      const freed = waiting;
      waiting = [];
      for (const go of freed) go();
    },
  };
}
