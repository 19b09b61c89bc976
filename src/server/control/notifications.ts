import type {
  NewWebhook,
  ShownDelivery,
  ShownWebhook,
  WebhookTest,
} from '../../notify/webhooks.ts';

/** What the command line asks about whom to tell of what happens. All throw AppErrors. */
export interface NotificationOperations {
  /** The secret, with which bodies are signed, is told only now. */
  addWebhook(about: NewWebhook): Promise<ShownWebhook & { secret: string }>;
  listWebhooks(): Promise<ShownWebhook[]>;
  /** With what it was sent last, the newest first. */
  showWebhook(name: string): Promise<ShownWebhook & { deliveries: ShownDelivery[] }>;
  /** Sends it an event that means nothing, at once. */
  testWebhook(name: string): Promise<WebhookTest>;
  removeWebhook(name: string): Promise<void>;
}
