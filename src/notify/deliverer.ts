import { AppError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Delivery, DeliveryTable } from '../store/state/deliveries.ts';
import type { Webhook, WebhookTable } from '../store/state/webhooks.ts';
import type { Send } from './send.ts';
import { signatureOf } from './signature.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long it is waited after each try that failed, in milliseconds: a day in all. After the last one it is given up. */
const usualWaits: readonly number[] = [
  ...[10 * second, 30 * second, minute, 5 * minute, 15 * minute, 30 * minute],
  ...[hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 6 * hour],
];
/** What waited for so long without an answer is given up, however often it was tried. */
const longestWaiting = 24 * hour;
/** A receiver that does not answer is left alone for so long at most, as others of its deliveries may be due. */
const longestRest = 5 * minute;
/** After so long it is tried again to write what became of a delivery. */
const writeAgain = minute;

interface Deps {
  deliveries: DeliveryTable;
  webhooks: Pick<WebhookTable, 'find'>;
  send: Send;
  log: Log;
  /** Milliseconds since 1970. */
  now(): number;
  waits?: readonly number[] | undefined;
}

interface Lane {
  timer?: NodeJS.Timeout | undefined;
  working?: Promise<void> | undefined;
  /** Something came while it worked. */
  again: boolean;
}

export type Deliverer = ReturnType<typeof createDeliverer>;

/**
 * Sends what is queued: one delivery of each webhook at a time, so that a slow receiver holds up none but itself. What was sent is
 * marked afterwards: where the process ends in between it is sent again.
 */
export function createDeliverer({ deliveries, webhooks, send, log, ...deps }: Deps) {
  const { now, waits = usualWaits } = deps;
  const lanes = new Map<number, Lane>();
  const stopped = new AbortController();

  /** Sends what is due of a webhook, and what will be when it is. */
  function wake(id: number): void {
    const lane = lanes.get(id) ?? { again: false };
    lanes.set(id, lane);
    lane.again = true;
    clearTimeout(lane.timer);
    lane.working ??= work(id, lane).finally(() => {
      lane.working = undefined;
    });
  }

  async function work(id: number, lane: Lane): Promise<void> {
    try {
      while (lane.again && !stopped.signal.aborted) {
        lane.again = false;
        await empty(id, lane);
      }
    } catch (error) {
      log.error({ webhook: id, reason: explain(error) }, 'notifications not sent');
      plan(id, lane, writeAgain);
    }
  }

  async function empty(id: number, lane: Lane): Promise<void> {
    while (!stopped.signal.aborted) {
      const next = await deliveries.next(id);
      const webhook = next && (await webhooks.find(id));
      if (!next || !webhook) return;
      const left = Date.parse(next.nextAt) - now();
      // Further ahead than it was ever planned: the clock was set back.
      if (left > 0 && left <= 2 * longestWait(waits)) return plan(id, lane, left);
      await attempt(webhook, next);
    }
  }

  function plan(id: number, lane: Lane, wait: number): void {
    if (stopped.signal.aborted) return;
    lane.timer = setTimeout(() => wake(id), Math.min(wait, hour)).unref();
  }

  async function attempt(webhook: Webhook, delivery: Delivery): Promise<void> {
    try {
      await send({ ...messageOf(webhook, { ...delivery, at: now() }), signal: stopped.signal });
    } catch (caught) {
      if (!(caught instanceof AppError)) throw caught;
      if (caught.kind !== 'cancelled') await failed(webhook, delivery, caught);
      return;
    }
    await deliveries.delivered(delivery.id, timeOf(now()));
  }

  async function failed(webhook: Webhook, delivery: Delivery, error: AppError): Promise<void> {
    const at = now();
    const wait = waits[delivery.tries];
    const problem = explain(error);
    const nextAt = wait === undefined ? undefined : timeOf(at + wait * (0.9 + Math.random() / 5));
    await deliveries.failed(delivery.id, { problem, at: timeOf(at), nextAt });
    const about = { webhook: webhook.name, event: delivery.event, id: delivery.eventId };
    const said = { ...about, tries: delivery.tries + 1, reason: problem };
    if (nextAt === undefined) log.error(said, 'notification given up');
    else log.warn({ ...said, nextAt }, 'notification not delivered');
    if (error.kind !== 'unreachable') return;
    await deliveries.rest(webhook.id, {
      until: timeOf(at + Math.min(wait ?? longestRest, longestRest)),
      tooOld: timeOf(at - longestWaiting),
      ...{ at: timeOf(at), problem },
    });
  }

  return {
    wake,

    /** Sends what was left over by an earlier process. */
    async start(): Promise<void> {
      for (const id of await deliveries.waiting()) wake(id);
    },

    /** Breaks off what is being sent, which counts as not tried. */
    async close(): Promise<void> {
      stopped.abort();
      for (const lane of lanes.values()) clearTimeout(lane.timer);
      await Promise.all([...lanes.values()].map((lane) => lane.working));
    },
  };
}

/** What goes to a webhook; the signature says when it was sent. */
export function messageOf(
  { url, secret }: Pick<Webhook, 'url' | 'secret'>,
  { event, eventId, body, at }: { event: string; eventId: string; body: string; at: number },
) {
  const headers = {
    'headwater-event': event,
    'headwater-id': eventId,
    'headwater-signature': signatureOf(secret, body, at),
  };
  return { url, headers, body };
}

const longestWait = (waits: readonly number[]): number => Math.max(...waits, longestRest);

const timeOf = (ms: number): string => new Date(ms).toISOString();
