import { randomUUID } from 'node:crypto';
import { explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { DeliveryTable, Once } from '../store/state/deliveries.ts';
import type { WebhookTable } from '../store/state/webhooks.ts';
import type { Deliverer } from './deliverer.ts';
import type { EventName } from './events.ts';

export type Notifications = ReturnType<typeof createNotifications>;

interface Deps {
  deliveries: DeliveryTable;
  webhooks: Pick<WebhookTable, 'all'>;
  deliverer: Deliverer;
  log: Log;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Bytes that a body has at most. */
const longestBody = 64 * 1024;
/** How long what became of deliveries is kept, in milliseconds, and of how many of each webhook. */
const keptFor = 30 * 86_400_000;
const keptOfEach = 200;

/** Tells webhooks of what happens: what is queued is told, at least once, be the process killed or not. */
export function createNotifications({ deliveries, webhooks, deliverer, log, now }: Deps) {
  let started = false;

  return {
    /**
     * Queues an event for the webhooks that want it; how fast they are does not matter. `once` names what is not told twice. Gives
     * whether it was told just now.
     */
    async notify(event: EventName, about: object, once?: readonly Once[]): Promise<boolean> {
      const id = randomUUID();
      const at = new Date(now()).toISOString();
      const told = await deliveries.add({
        ...{ id, event, at, body: bodyOf({ id, event, at, about }) },
        ...(once && { once }),
      });
      if (started) for (const webhook of told ?? []) deliverer.wake(webhook);
      return told !== undefined;
    },

    /** Whether there is anybody to tell of an event: what nobody wants need not be looked for. */
    async isWanted(event: EventName): Promise<boolean> {
      const all = await webhooks.all();
      return all.some(({ events }) => events.length === 0 || events.includes(event));
    },

    /** Sends from now on. */
    start(): void {
      started = true;
      deliverer.start().catch((error) => {
        log.error({ reason: explain(error) }, 'notifications not sent');
      });
    },

    /** Removes what has had its time. */
    prune: () => deliveries.prune(new Date(now() - keptFor).toISOString(), keptOfEach),

    close: deliverer.close,
  };
}

/** What webhooks are sent of an event. */
export function bodyOf(event: { id: string; event: string; at: string; about: object }): string {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) <= longestBody) return body;
  return JSON.stringify({ ...event, about: { left_out: 'this was too long' } });
}
