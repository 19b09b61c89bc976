/** What webhooks are told of. */
export const eventNames = [
  'sync.failed',
  'advisory.security',
  'job.finished',
  'job.failed',
  'instance.silent',
] as const;

export type EventName = (typeof eventNames)[number];
