import { z } from 'zod';
import { listOf } from '../base/filters.ts';
import { labelSchema } from '../base/source.ts';
import { durationSchema } from '../base/source-values.ts';
import { milliseconds } from '../base/units.ts';
import type { DefaultSources } from '../fleet/attaching.ts';

/** `fleet:`: what holds for managed instances. */
export const fleetSchema = z.strictObject({
  /** How long a login token is good for. */
  token_lifetime: durationSchema.optional(),
  /** After how long a registration that its machine did not finish is removed. */
  unfinished_registrations: durationSchema.optional(),
  /** After how long without a word from an instance it is called unreachable. */
  unreachable_after: durationSchema.optional(),
  /** How often an action is handed out that brings no result, and how long the result of the last time is waited for. */
  action_tries: z.number().int().min(1).max(100).optional(),
  action_patience: durationSchema.optional(),
  /** How long ended actions with their results, and the audit trail, are kept. */
  keep_actions: durationSchema.optional(),
  keep_audit: durationSchema.optional(),
});

export interface FleetSettings {
  tokenLifetimeMs: number;
  unfinishedMs: number;
  unreachableMs: number;
  actionTries: number;
  actionPatienceMs: number;
  keepActionsMs: number;
  keepAuditMs: number;
}

export function readFleet(written: z.output<typeof fleetSchema>): FleetSettings {
  return {
    tokenLifetimeMs: milliseconds(written.token_lifetime ?? '1h')!,
    unfinishedMs: milliseconds(written.unfinished_registrations ?? '1h')!,
    unreachableMs: milliseconds(written.unreachable_after ?? '1d')!,
    actionTries: written.action_tries ?? 5,
    actionPatienceMs: milliseconds(written.action_patience ?? '1d')!,
    keepActionsMs: milliseconds(written.keep_actions ?? '90d')!,
    keepAuditMs: milliseconds(written.keep_audit ?? '365d')!,
  };
}

/** `defaults:`: the sources that an instance gets which registers, the first entry that fits; labels, a parent first. */
export const defaultsSchema = z.array(
  z.strictObject({
    release: z.union([z.number(), z.string()]).optional(),
    arch: z.string().min(1).optional(),
    sources: listOf(labelSchema),
  }),
);

export function readDefaults(written: z.output<typeof defaultsSchema>): DefaultSources[] {
  return written.map(({ release, arch, sources }) => ({
    release: release === undefined ? undefined : String(release),
    arch,
    sources,
  }));
}
