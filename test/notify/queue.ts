import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createDeliverer } from '../../src/notify/deliverer.ts';
import { createNotifications } from '../../src/notify/notifications.ts';
import { send } from '../../src/notify/send.ts';
import { createWebhooks } from '../../src/notify/webhooks.ts';
import { createNotifyStores } from '../../src/notify-stores.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export interface Knobs {
  waits?: readonly number[];
  now?: () => number;
  folder?: string;
}

/** Notifications on a database of the test's own. */
export async function openQueue({ waits, now = Date.now, folder }: Knobs = {}) {
  const root = folder ?? join(await temporaryFolder(), 'data');
  await mkdir(root, { recursive: true });
  const state = openState(dataPaths(root));
  const tables = createNotifyStores(state);
  let logged = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged += chunk;
      done();
    },
  });
  const log = createLog('debug', { destination });
  const deliverer = createDeliverer({ ...tables, send, log, now, waits });
  const notifications = createNotifications({ ...tables, deliverer, log, now });
  const webhooks = createWebhooks({ ...tables, send, now });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await notifications.close();
    await state.destroy();
  };
  onTestFinished(close);
  return {
    ...{ ...tables, notifications, hooks: webhooks, root, state, close },
    logged: () => logged,
    /** Adds a webhook for all events; gives its secret. */
    async add(name: string, url: string, events: string[] = []): Promise<string> {
      return (await webhooks.add({ name, url, events, secret: null, by: 'user:ada' })).secret;
    },
  };
}

/** Waits until something holds; fails after some seconds. */
export async function until(holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
