import { z } from 'zod';
import { durationSchema } from '../base/source-values.ts';
import { bytes, milliseconds } from '../base/units.ts';
import { type ApiRates, apiRates, readApiRates } from './api-rates.ts';

const aSize = 'a size such as 4MiB, more than nothing';

/** The section `api`: what the OS Management API takes and keeps. */
export const apiSchema = z.strictObject({
  /** The largest body of a request. */
  body: z
    .string(aSize)
    .refine((s) => (bytes(s) ?? 0) > 0, aSize)
    .optional(),
  /** The time in which all of it must have come. */
  patience: durationSchema.optional(),
  /** How long work requests that ended are kept. */
  keep_work_requests: durationSchema.optional(),
  ...apiRates,
});

/** Times in milliseconds. */
export interface ApiSettings extends ApiRates {
  body: number;
  patienceMs: number;
  keepWorkRequestsMs: number;
}

/** With the defaults for what is not written. */
export function readApi(written: z.infer<typeof apiSchema>): ApiSettings {
  return {
    ...readApiRates(written),
    body: bytes(written.body ?? '8MiB')!,
    patienceMs: milliseconds(written.patience ?? '30s')!,
    keepWorkRequestsMs: milliseconds(written.keep_work_requests ?? '30d')!,
  };
}
