import { z } from 'zod';

/** RFC 3339, but the SDK for TypeScript writes hours before ten as one digit. */
const form = /^(\d{4}-\d\d-\d\dT)(\d{1,2})(:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))$/i;

const padded = (text: string) =>
  text.replace(
    form,
    (_, day: string, hour: string, rest: string) => day + hour.padStart(2, '0') + rest,
  );

/** The schema of a time in a query; gives it in UTC with milliseconds, so that such times compare as texts. */
export const timeSchema = z
  .string()
  .regex(form, 'a time as in RFC 3339, such as 2026-03-01T00:00:00Z')
  .refine((text) => !Number.isNaN(Date.parse(padded(text))), 'a time that there is')
  .transform((text) => new Date(padded(text)).toISOString());
