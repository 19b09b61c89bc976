/** Lets what concerns one instance happen one after the other, and what concerns several at the same time. */
export function createTurns() {
  const last = new Map<number, Promise<void>>();

  return function inTurn<T>(instance: number, run: () => Promise<T>): Promise<T> {
    const mine = (last.get(instance) ?? Promise.resolve()).then(run);
    const over = mine.then(nothing, nothing).then(() => {
      if (last.get(instance) === over) last.delete(instance);
    });
    last.set(instance, over);
    return mine;
  };
}

const nothing = () => {};
