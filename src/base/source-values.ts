import { fileURLToPath } from 'node:url';
import { Cron } from 'croner';
import { z } from 'zod';
import { bytes, milliseconds } from './units.ts';

const aDuration = 'a duration such as 90s, 30m, 6h or 2d, more than nothing';
export const durationSchema = z
  .string(aDuration)
  .refine((d) => (milliseconds(d) ?? 0) > 0, aDuration);

export const urlSchema = z
  .string()
  .refine((u) => !/\s/.test(u), {
    error: 'an address without a blank, and this holds one: write it as %20',
    abort: true,
  })
  .refine(
    (u) => /^(https?:\/\/[^/\s]+|file:)/.test(u) && URL.canParse(u, 'file:///'),
    'an address that starts with https://, http:// or file:',
  )
  .refine(
    (u) => !u.startsWith('file:') || isLocal(u),
    'a file: address without a host or odd escapes, such as file:///srv/repo/ or file:./repo/',
  );

function isLocal(address: string): boolean {
  try {
    const url = new URL(address, 'file:///');
    return url.host === '' && fileURLToPath(url) !== '';
  } catch {
    return false;
  }
}

export const cronSchema = z.string().refine(isCron, 'a cron pattern such as "17 3 * * *"');

function isCron(pattern: string): boolean {
  try {
    new Cron(pattern, { paused: true }).stop();
    return true;
  } catch {
    return false;
  }
}

const aSize = 'a size such as 500MB or 2GiB, more than nothing';
/** An amount of bytes. */
export const sizeSchema = z.string(aSize).refine((s) => (bytes(s) ?? 0) > 0, aSize);

/** Headers that carry the request itself. */
const ownHeaders =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|range|if-.*|accept-encoding|proxy-.*|user-agent)$/i;
const headerSchema = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'the name of a header, such as Authorization')
  .refine((h) => !ownHeaders.test(h), 'a header for credentials, such as Authorization');
const variableSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const authForms: ReadonlySet<string> = new Set([
  'password_file username',
  'password_env username',
  'header value_file',
  'header value_env',
]);

/** Who the upstream is told we are: HTTP Basic or one header. The secret itself stands in a file or in the environment. */
export const authSchema = z
  .strictObject({
    username: z.string().optional(),
    password_file: z.string().min(1).optional(),
    password_env: variableSchema.optional(),
    header: headerSchema.optional(),
    value_file: z.string().min(1).optional(),
    value_env: variableSchema.optional(),
  })
  .refine(
    (a) => authForms.has(Object.keys(a).toSorted().join(' ')),
    'username with password_file or password_env, or header with value_file or value_env',
  );

/** Where a file on this machine stands, or where it can be fetched, or the armoured key itself. */
const keyTextSchema = z.string().min(1);

/** The fingerprint of a version 4 or 6 primary key, as tools print it: 40 or 64 hexadecimal digits, blanks and colons between. */
const fingerprintSchema = z
  .string()
  .transform((f) => f.replaceAll(/[\s:]/g, '').toLowerCase())
  .refine(
    (f) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(f),
    'a whole fingerprint: 40 or 64 hexadecimal digits',
  );

export const keySchema = z.union([
  keyTextSchema,
  z.strictObject({ key: keyTextSchema, fingerprint: fingerprintSchema }),
]);
