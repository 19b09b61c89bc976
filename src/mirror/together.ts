/**
 * Does something with every item at the same time. When one fails, the others are told to stop through their signal;
 * once all have ended, throws the first failure. So nothing goes on behind the caller's back.
 */
export async function together<Item, Result>(
  signal: AbortSignal | undefined,
  items: readonly Item[],
  run: (item: Item, stop: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const own = new AbortController();
  const stop = signal ? AbortSignal.any([signal, own.signal]) : own.signal;
  let failure: { error: unknown } | undefined;
  const settled = await Promise.allSettled(
    items.map(async (item) => {
      try {
        return await run(item, stop);
      } catch (error) {
        failure ??= { error };
        own.abort();
        throw error;
      }
    }),
  );
  if (failure) throw failure.error;
  return settled.map((s) => (s as PromiseFulfilledResult<Awaited<Result>>).value);
}
