/** Lets many go at the same time, or one alone: that one waits for those before it, and those after it wait. */
export function createTurns() {
  const going = new Set<Promise<unknown>>();
  let alone: Promise<void> | undefined;

  return {
    async shared<T>(run: () => Promise<T>): Promise<T> {
      while (alone) await alone;
      const work = run();
      going.add(work);
      try {
        return await work;
      } finally {
        going.delete(work);
      }
    },

    async alone<T>(run: () => Promise<T>): Promise<T> {
      while (alone) await alone;
      const { promise, resolve } = Promise.withResolvers<void>();
      alone = promise;
      try {
        await Promise.allSettled(going);
        return await run();
      } finally {
        alone = undefined;
        resolve();
      }
    },
  };
}
