import { z } from 'zod';
import { windowSchema } from './window.ts';

/** How the work of a run comes to its instances. */
export const rolloutSchema = z.strictObject({
  window: windowSchema.optional(),
  /** So many instances, or a share of them, are at it at once. */
  maxAtOnce: z
    .union([
      z.number().int().min(1).max(1_000_000),
      z.string().regex(/^([1-9]|[1-9]\d|100)%$/, 'a number, or a share such as 25%'),
    ])
    .optional(),
  /** After so many failures the others are left alone. */
  stopAfter: z.number().int().min(1).max(1_000_000).optional(),
});
export type Rollout = z.output<typeof rolloutSchema>;

/** How many of some instances may be at it at once; undefined for all. */
export function atOnceOf({ maxAtOnce }: Rollout, instances: number): number | undefined {
  if (typeof maxAtOnce !== 'string') return maxAtOnce;
  return Math.max(1, Math.floor((instances * Number(maxAtOnce.slice(0, -1))) / 100));
}
