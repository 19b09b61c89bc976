import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

export interface SlotOptions {
  /** A client waits for it. */
  urgent?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

interface Transfer {
  host: string;
  urgent: boolean;
}

/** How many urgent ones may pass one that waits. */
const mostPassing = 3;

/**
 * Places for transfers: `limits.downloads` in all, `limits.downloadsPerHost` to one host. What a client waits for goes
 * first, and a quarter of the places is kept for it; of four places that come free, one goes to what nobody waits for.
 */
export function createSlots() {
  const active = new Set<Transfer>();
  const waiting = new Set<Transfer & { go: () => void }>();
  let passing = 0;

  function fits(one: Transfer): boolean {
    const room = (most: number, these: Transfer[]) => {
      const bulk = Math.max(1, most - Math.ceil(most / 4));
      return these.length < most && (one.urgent || these.filter((t) => !t.urgent).length < bulk);
    };
    const all = [...active];
    const same = all.filter((t) => t.host === one.host);
    return room(limits.downloads, all) && room(limits.downloadsPerHost, same);
  }

  function next(): void {
    for (;;) {
      const ready = [...waiting].filter(fits);
      const urgent = ready.find((w) => w.urgent);
      const bulk = ready.find((w) => !w.urgent);
      const chosen = urgent && !(bulk && passing >= mostPassing) ? urgent : bulk;
      if (!chosen) return;
      passing = chosen.urgent && bulk ? passing + 1 : 0;
      waiting.delete(chosen);
      active.add(chosen);
      chosen.go();
    }
  }

  return {
    /** Waits for a place; gives what leaves it, which may be called twice. Throws AppError 'cancelled'. */
    async take(host: string, { urgent = false, signal }: SlotOptions): Promise<() => void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const one = { host, urgent, go: resolve };
      const cancel = () => {
        waiting.delete(one);
        reject(new AppError('cancelled', `the transfer from ${host} was cancelled`));
      };
      if (signal?.aborted) cancel();
      else waiting.add(one);
      signal?.addEventListener('abort', cancel, { once: true });
      next();
      await promise.finally(() => signal?.removeEventListener('abort', cancel));
      return () => {
        if (active.delete(one)) next();
      };
    },
  };
}
