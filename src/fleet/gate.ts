export type Gate = ReturnType<typeof createGate>;

/** Lets many pass at the same time, and now and then one alone. */
export function createGate() {
  let inside = 0;
  let onEmpty: (() => void) | undefined;
  let shut: Promise<void> | undefined;

  return {
    /** Runs some work beside that of others who pass. */
    async pass<T>(work: () => Promise<T>): Promise<T> {
      while (shut) await shut;
      inside++;
      try {
        return await work();
      } finally {
        if (--inside === 0) onEmpty?.();
      }
    },

    /** Runs some work when all who passed are done; others wait until it is over. */
    async alone<T>(work: () => Promise<T>): Promise<T> {
      while (shut) await shut;
      let open = () => {};
      shut = new Promise((resolve) => {
        open = resolve;
      });
      try {
        if (inside > 0) {
          await new Promise<void>((resolve) => {
            onEmpty = resolve;
          });
        }
        return await work();
      } finally {
        onEmpty = undefined;
        shut = undefined;
        open();
      }
    },
  };
}
