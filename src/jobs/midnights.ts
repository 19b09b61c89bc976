const longestWait = 3_600_000;
const day = 86_400_000;

/** Runs something now and at each midnight UTC after. `run` reports its failures itself. */
export function startMidnights(run: () => Promise<void>): { stop(): void } {
  let handle: NodeJS.Timeout | undefined;
  let stopped = false;

  async function fire(): Promise<void> {
    const due = (Math.floor(Date.now() / day) + 1) * day;
    await run().catch(() => {});
    if (!stopped) wait(due);
  }

  /** In short waits: the clock may be set meanwhile. */
  function wait(due: number): void {
    const left = due - Date.now();
    if (left <= 0) void fire();
    else handle = setTimeout(() => wait(due), Math.min(left, longestWait));
  }

  void fire();
  return {
    stop() {
      stopped = true;
      clearTimeout(handle);
    },
  };
}
