import { randomBytes, randomUUID } from 'node:crypto';
import { AppError, explain } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import type { Delivery, DeliveryTable } from '../store/state/deliveries.ts';
import type { Webhook, WebhookTable } from '../store/state/webhooks.ts';
import { messageOf } from './deliverer.ts';
import { eventNames } from './events.ts';
import { bodyOf } from './notifications.ts';
import type { Send } from './send.ts';

export interface NewWebhook {
  name: string;
  url: string;
  /** Names of events; empty for all. */
  events: readonly string[];
  /** What bodies are signed with; null to have one made. */
  secret: string | null;
  /** Who asks. */
  by: string;
}

/** A webhook as it may be shown. */
export interface ShownWebhook {
  name: string;
  /** Without user name, password and query. */
  url: string;
  events: string[];
  createdAt: string;
  createdBy: string;
  /** Deliveries that wait, and those of the last time that came there, or were given up. */
  waiting: number;
  delivered: number;
  givenUp: number;
}

export type ShownDelivery = Omit<Delivery, 'id' | 'webhook' | 'eventId' | 'body'> & { id: string };

/** What a test came to: the problem is null where the receiver took it. */
export interface WebhookTest {
  name: string;
  problem: string | null;
  /** Milliseconds. */
  took: number;
}

interface Deps {
  webhooks: WebhookTable;
  deliveries: DeliveryTable;
  send: Send;
  /** Milliseconds since 1970. */
  now(): number;
}

const mostWebhooks = 100;
const shownDeliveries = 20;
/** Characters that a secret has at least, and at most. */
const secretLength = [16, 256] as const;
const longestUrl = 2000;

/** Who is told of what happens. All throw AppErrors. */
export function createWebhooks({ webhooks, deliveries, send, now }: Deps) {
  async function required(name: string): Promise<Webhook> {
    const webhook = await webhooks.named(name);
    if (webhook) return webhook;
    throw new AppError('not_found', `there is no webhook ${name}`, {
      hint: '`headwater webhook list` lists them',
    });
  }

  async function shown(all: readonly Webhook[]): Promise<ShownWebhook[]> {
    const counts = await deliveries.counts();
    return all.map(({ id, url, secret: _, ...webhook }) => {
      const count = (state: Delivery['state']) =>
        counts.find((c) => c.webhook === id && c.state === state)?.count ?? 0;
      return {
        ...webhook,
        url: shownUrl(url),
        waiting: count('waiting'),
        delivered: count('delivered'),
        givenUp: count('given_up'),
      };
    });
  }

  return {
    /** Gives the secret, too, which is told only now. */
    async add(about: NewWebhook): Promise<ShownWebhook & { secret: string }> {
      const { name, url, by: createdBy } = about;
      requireName(name);
      requireUrl(url);
      const events = eventsOf(about.events);
      const secret = about.secret ?? randomBytes(32).toString('base64url');
      requireSecret(secret);
      if ((await webhooks.all()).length >= mostWebhooks) {
        throw new AppError('limit', `there are ${mostWebhooks} webhooks, and not to be more`, {
          hint: 'remove one',
        });
      }
      const createdAt = new Date(now()).toISOString();
      const added = await webhooks.add({
        ...{ name, url, events, createdAt, createdBy },
        secret: Buffer.from(secret),
      });
      if (!added) {
        throw new AppError('conflict', `there is a webhook ${name} already`, {
          hint: 'remove it first, or take another name',
        });
      }
      const [webhook] = await shown([added]);
      return { ...webhook!, secret };
    },

    list: async (): Promise<ShownWebhook[]> => shown(await webhooks.all()),

    async show(name: string): Promise<ShownWebhook & { deliveries: ShownDelivery[] }> {
      const webhook = await required(name);
      const [about] = await shown([webhook]);
      const last = await deliveries.last(webhook.id, shownDeliveries);
      return {
        ...about!,
        deliveries: last.map(({ id: _, webhook: __, body: ___, eventId, ...delivery }) => ({
          id: eventId,
          ...delivery,
        })),
      };
    },

    /** Sends an event that means nothing, at once and once. */
    async test(name: string): Promise<WebhookTest> {
      const webhook = await required(name);
      const [id, at] = [randomUUID(), now()];
      const event = { id, event: 'webhook.test', at: new Date(at).toISOString() };
      const body = bodyOf({ ...event, about: { webhook: name } });
      const message = messageOf(webhook, { event: event.event, eventId: id, body, at });
      const started = performance.now();
      const problem = await send(message).then(
        () => null,
        (error) => {
          if (error instanceof AppError) return explain(error);
          throw error;
        },
      );
      return { name, problem, took: Math.round(performance.now() - started) };
    },

    /** What waits for it is not sent any more. */
    async remove(name: string): Promise<void> {
      await webhooks.remove((await required(name)).id);
    },
  };
}

function requireName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) return;
  throw new AppError('usage', `${JSON.stringify(name)} is no name for a webhook`, {
    hint: 'letters, digits, _ . and -, at most 64',
  });
}

/** What is wrong with it is said without it, as it may hold credentials. */
function requireUrl(text: string): void {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!isHttp || text.length > longestUrl || /\s/.test(text)) {
    throw new AppError('usage', 'this is no address of a webhook', {
      hint: `write https://… or http://…, at most ${longestUrl} characters`,
    });
  }
  requireLogin(url);
}

/** What cannot be decoded cannot be sent as who asks. */
function requireLogin({ username, password }: URL): void {
  try {
    decodeURIComponent(username + password);
  } catch {
    throw new AppError('usage', 'the user name or password of this address is not written right', {
      hint: 'a % in them is written %25',
    });
  }
}

function requireSecret(secret: string): void {
  const [least, most] = secretLength;
  // What is no UTF-8 was read as that: bodies would be signed with something else than the file holds.
  if (secret.includes('\uFFFD')) {
    throw new AppError('usage', 'a secret is text in UTF-8', { hint: 'write it in Base64' });
  }
  if (secret.length >= least && secret.length <= most) return;
  throw new AppError('usage', `a secret has ${least} to ${most} characters`, {
    hint: 'leave it out to have one made',
  });
}

function eventsOf(names: readonly string[]): string[] {
  const unknown = names.find((name) => !(eventNames as readonly string[]).includes(name));
  if (unknown === undefined) return [...new Set(names)];
  throw new AppError('usage', `there is no event ${JSON.stringify(unknown)}`, {
    hint: `there are ${eventNames.join(', ')}`,
  });
}
