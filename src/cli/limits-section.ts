import { z } from 'zod';
import { type Limits, limits } from '../base/limits.ts';
import { bytes, milliseconds } from '../base/units.ts';

/** What holds where the configuration says nothing. Taken before anything is written over it. */
export const defaultLimits: Readonly<Limits> = Object.freeze({ ...limits });

/** Timers of the system count in 31 bits of milliseconds. */
const longest = 24 * 86_400_000;

const size = z
  .string()
  .refine((s) => (bytes(s) ?? 0) > 0, 'a size such as 500MB or 2GiB, more than nothing')
  .transform((s) => bytes(s)!);
const duration = z
  .string()
  .refine((s) => {
    const ms = milliseconds(s) ?? 0;
    return ms > 0 && ms <= longest;
  }, 'a duration such as 90s, 30m, 6h or 2d, at most 24d')
  .transform((s) => milliseconds(s)!);
const count = z
  .int()
  .min(1, 'a whole number, at least 1')
  .max(1_000_000_000, 'a whole number, at most 1000000000');
const countOrNone = z
  .int()
  .min(0, 'a whole number, 0 or more')
  .max(1_000_000_000, 'a whole number, at most 1000000000');

/** The section `limits`: a key for each of `base/limits.ts`, in snake case. */
export const limitsSchema = z.strictObject({
  small_document: size.optional(),
  documents: count.optional(),
  primary: size.optional(),
  filelists: size.optional(),
  other: size.optional(),
  updateinfo: size.optional(),
  comps: size.optional(),
  modules: size.optional(),
  document: size.optional(),
  open_document: size.optional(),
  open_ratio: count.optional(),
  whole_document: size.optional(),
  open_modules: size.optional(),
  module_document: size.optional(),
  packages: count.optional(),
  element: size.optional(),
  element_depth: count.optional(),
  package: size.optional(),
  rpm_header: size.optional(),
  installation_tree: size.optional(),
  redirects: countOrNone.optional(),
  mirrors: count.optional(),
  connect_time: duration.optional(),
  response_time: duration.optional(),
  stall_time: duration.optional(),
  total_time: duration.optional(),
  tries: count.optional(),
  restarts: countOrNone.optional(),
  restart_pause: duration.optional(),
  rest_time: duration.optional(),
  longest_rest: duration.optional(),
  downloads: count.optional(),
  downloads_per_host: count.optional(),
  parallel_syncs: count.optional(),
  parallel_fetches: count.optional(),
  parallel_packages: count.optional(),
  request_body: size.optional(),
  open_request_body: size.optional(),
  request_bodies: size.optional(),
  unknown_caller: size.optional(),
  xml_rpc_depth: count.optional(),
  xml_rpc_values: count.optional(),
  profile_packages: count.optional(),
  bandwidth: size.optional(),
});

/** All limits, with the defaults for those that are not written. */
export function readLimits(written: z.infer<typeof limitsSchema>): Limits {
  const read = { ...defaultLimits };
  for (const [key, value] of Object.entries(written)) {
    const name = key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()) as keyof Limits;
    if (value !== undefined) read[name] = value;
  }
  return read;
}
