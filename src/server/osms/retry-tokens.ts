import type { RetryTokenKey, RetryTokenTable } from '../../store/state/retry-tokens.ts';
import { apiError } from './errors.ts';

/** An answer that can be given again. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  /** JSON. */
  body: string | Buffer | undefined;
  /** It was given before: nothing was done now. */
  again?: boolean;
}

/** For so long a token makes a request one that is carried out once, in milliseconds. */
const lifetime = 24 * 3_600_000;
const longest = 64;

/**
 * Carries out requests that have a retry token once: who asks again is answered as before, also while the first is being
 * carried out, and after a restart. One that failed is carried out again.
 */
export function createRetryTokens(table: RetryTokenTable) {
  const running = new Map<string, { request: Buffer; answer: Promise<Answered> }>();

  async function first(
    key: RetryTokenKey,
    { request, run }: { request: Buffer; run(): Promise<Answered> },
  ): Promise<Answered> {
    const since = new Date(Date.now() - lifetime).toISOString();
    const before = await table.find(key, since);
    if (before) {
      refuseOther(before.request, request);
      return { ...(JSON.parse(before.answer) as Answered), again: true };
    }
    const answer = await run();
    const told = { ...answer, body: answer.body?.toString() };
    await table.put(key, {
      ...{ request, answer: JSON.stringify(told), at: new Date().toISOString() },
    });
    return answer;
  }

  return {
    /** `request` is the SHA-256 of what is asked. Throws AppErrors, 'conflict' where the token was used for something else. */
    async once(
      key: RetryTokenKey,
      about: { request: Buffer; run(): Promise<Answered> },
    ): Promise<Answered> {
      if (key.token.length > longest) {
        throw apiError('InvalidParameter', `opc-retry-token: longer than ${longest} characters`);
      }
      const name = JSON.stringify([key.caller, key.operation, key.token]);
      const other = running.get(name);
      if (other) {
        refuseOther(other.request, about.request);
        return { ...(await other.answer), again: true };
      }
      const answer = first(key, about).finally(() => running.delete(name));
      running.set(name, { request: about.request, answer });
      return answer;
    },

    prune: () => table.prune(new Date(Date.now() - lifetime).toISOString()),
  };
}

function refuseOther(before: Buffer, now: Buffer): void {
  if (before.equals(now)) return;
  throw apiError('InvalidatedRetryToken', 'this retry token was used for another request', {
    hint: 'take a new one',
  });
}

export type RetryTokens = ReturnType<typeof createRetryTokens>;
