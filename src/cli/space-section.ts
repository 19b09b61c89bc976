import { z } from 'zod';
import { durationSchema } from '../base/source-values.ts';
import { bytes, milliseconds } from '../base/units.ts';
import type { SpaceRules } from '../store/collect/collector.ts';

const aSize = 'a size such as 200GB or 1TiB, more than nothing';

/** The section `space`: what `headwater gc` removes, and when it is done by itself. */
export const spaceSchema = z.strictObject({
  /** How long packages that no revision has any more are kept after they were last asked for. */
  drop_packages_after: durationSchema.optional(),
  /** Bytes that packages on demand may take; those that were asked for longest ago go. */
  packages_at_most: z
    .string(aSize)
    .refine((s) => (bytes(s) ?? 0) > 0, aSize)
    .optional(),
  /** Files that were written in this time stay, whatever refers to them. */
  margin: durationSchema.optional(),
  gc: z.strictObject({ every: durationSchema.optional() }).optional(),
});

/** Times in milliseconds. */
export interface Space extends SpaceRules {
  gcEveryMs: number | undefined;
}

/** With the defaults for what is not written. */
export function readSpace(written: z.infer<typeof spaceSchema>): Space {
  const { drop_packages_after: after, packages_at_most: most, margin, gc } = written;
  return {
    dropPackagesAfterMs: after ? milliseconds(after)! : 0,
    packagesAtMost: most === undefined ? undefined : bytes(most),
    marginMs: milliseconds(margin ?? '1h')!,
    gcEveryMs: gc?.every ? milliseconds(gc.every) : undefined,
  };
}
