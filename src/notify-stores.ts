import { createDeliveryTable } from './store/state/deliveries.ts';
import type { StateDb } from './store/state/state.ts';
import { createToldTable } from './store/state/told.ts';
import { createWebhookTable } from './store/state/webhooks.ts';

export type NotifyStores = ReturnType<typeof createNotifyStores>;

/** The tables of the state database that say whom to tell, and what they were told. */
export function createNotifyStores(state: StateDb) {
  return {
    deliveries: createDeliveryTable(state),
    told: createToldTable(state),
    webhooks: createWebhookTable(state),
  };
}
