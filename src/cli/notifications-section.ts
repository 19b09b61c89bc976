import { z } from 'zod';
import { durationSchema } from '../base/source-values.ts';
import { milliseconds } from '../base/units.ts';

/** The section `notifications`: what webhooks are told of. */
export const notificationsSchema = z.strictObject({
  /** After how long without a word from an instance it is told that it is silent. */
  silent_after: durationSchema.optional(),
});

/** Times in milliseconds. */
export interface NotificationSettings {
  silentAfterMs: number;
}

export function readNotifications(
  written: z.output<typeof notificationsSchema>,
): NotificationSettings {
  return { silentAfterMs: milliseconds(written.silent_after ?? '7d')! };
}
