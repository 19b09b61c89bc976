import { channel } from 'node:diagnostics_channel';

/**
 * The steps of a sync, in their order. Those of documents and packages come once for each; `pack committed`, `tree put`
 * and `rows prepared` once for each document that is cut. A step is announced when what it names is done.
 */
export const syncSteps = [
  'repomd fetched',
  'document started',
  'document fetched',
  'document committed',
  'pack committed',
  'tree put',
  'document cut',
  'rows prepared',
  'manifest put',
  'number reserved',
  'catalogue indexed',
  'ref published',
  'validator remembered',
  'package started',
  'package fetched',
  'package committed',
] as const;

export type SyncStep = (typeof syncSteps)[number];

/** What is said on the channel. */
export interface StepAnnouncement {
  /** The source's label. */
  source: string;
  step: SyncStep;
}

/**
 * Announces a step on the diagnostics channel `headwater:sync` of the thread that takes it: `pack committed` and `tree put`
 * in the thread that cuts, the others in the main thread. Listeners run before it returns, and must not throw.
 */
export function announce(source: string, step: SyncStep): void {
  if (steps.hasSubscribers) steps.publish({ source, step } satisfies StepAnnouncement);
}

const steps = channel('headwater:sync');

/**
 * The steps of collecting space, in their order: revisions are forgotten, then rows of the catalogue, then files are removed,
 * which is announced for each, in the thread that does it.
 */
export const collectingSteps = ['revision forgotten', 'rows removed', 'file removed'] as const;

/** Announces a step of collecting space, on the same channel, where `source` is `gc`. */
export function announceCollecting(step: (typeof collectingSteps)[number]): void {
  if (steps.hasSubscribers) steps.publish({ source: 'gc', step });
}
