/** Lets what concerns one instance, or whatever else has a name, happen one after the other, and what concerns several at the same time. */
export function createTurns() {
  const last = new Map<number | string, Promise<void>>();

  return function inTurn<T>(instance: number | string, run: () => Promise<T>): Promise<T> {
    const mine = (last.get(instance) ?? Promise.resolve()).then(run);
    const over = mine.then(nothing, nothing).then(() => {
      if (last.get(instance) === over) last.delete(instance);
    });
    last.set(instance, over);
    return mine;
  };
}

const nothing = () => {};
