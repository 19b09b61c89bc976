import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { shownUrl } from '../../base/redact.ts';
import { type SourceDefinition, sourceSchema } from '../../base/source.ts';
import { apiError } from './errors.ts';

/** What the configuration file says of a source that the API's own model has other members for. */
const elsewhere: ReadonlySet<string> = new Set(['name', 'parent', 'custom']);

const shape = Object.fromEntries(
  Object.entries(sourceSchema.shape)
    .filter(([key]) => !elsewhere.has(key))
    .map(([key, schema]) => [key, schema.nullish()]),
);

/**
 * The member `headwater` of a source: what the configuration file says of it, by the same names. Where it is changed, null takes
 * one out.
 */
export const headwaterSchema = z
  .strictObject(shape)
  .describe(
    'What the configuration file says of a source, by the same names. A name that is left out stays as it is; null takes it out.',
  );

export type Headwater = Record<string, unknown>;

/** A definition as the API shows it: without credentials in addresses. Of passwords it names only where they are. */
export function shownHeadwater(definition: SourceDefinition): Headwater {
  const shown: Headwater = {};
  for (const [key, value] of Object.entries(definition)) {
    if (!elsewhere.has(key) && value !== undefined) shown[key] = shownValue(key, value);
  }
  return shown;
}

function shownValue(key: string, value: unknown): unknown {
  if (key === 'mirrorlist' || key === 'metalink') return shownUrl(value as string);
  if (key === 'upstream') {
    return Array.isArray(value) ? value.map((url) => shownUrl(url)) : shownUrl(value as string);
  }
  if (key === 'gpg_keys') return (value as unknown[]).map(shownKey);
  return value;
}

function shownKey(entry: unknown): unknown {
  if (typeof entry !== 'string') {
    const { key, ...rest } = entry as { key: string };
    return { key: shownKey(key), ...rest };
  }
  return /^https?:/.test(entry) ? shownUrl(entry) : entry;
}

/**
 * A definition with what a client wants otherwise. What it sends back as it was shown stays as it is. Throws AppError 'usage' on
 * what only who may use this machine may say.
 */
export function mergedDefinition(
  before: SourceDefinition,
  wanted: Headwater | undefined,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before };
  // As it looks when it comes back: the schema writes some values in one way.
  const known: Headwater = headwaterSchema.safeParse(shownHeadwater(before)).data ?? {};
  for (const [key, value] of Object.entries(wanted ?? {})) {
    if (value === undefined || isDeepStrictEqual(value, known[key])) continue;
    if (value === null) delete merged[key];
    else {
      refuseLocal(key, value);
      merged[key] = value;
    }
  }
  refuseElsewhere(before, merged);
  return merged;
}

/** Credentials that somebody else gave the source are not sent to where a client says. */
function refuseElsewhere(before: SourceDefinition, merged: Record<string, unknown>): void {
  if (merged.auth === undefined && merged.tls === undefined) return;
  const moved = addresses.find((key) => !isDeepStrictEqual(merged[key], before[key]));
  if (!moved) return;
  throw apiError(
    'InvalidParameter',
    `headwater.${moved}: the source has credentials for where it is`,
    {
      hint: 'take them out (auth: null, tls: null), or change it in the configuration file or by command',
    },
  );
}

const addresses = ['upstream', 'mirrorlist', 'metalink'] as const;

/** Files and variables of this machine are not for whoever reaches the API to read, or to have sent somewhere. */
function refuseLocal(key: string, value: unknown): void {
  const local =
    key === 'tls' || key === 'auth'
      ? 'names files or variables of the server'
      : addressesIn(key, value).some((address) => !/^https?:/i.test(address)) &&
        'names a file of the server';
  if (!local) return;
  throw apiError('InvalidParameter', `headwater.${key}: ${local}`, {
    hint: 'that is said in the configuration file or by command',
  });
}

function addressesIn(key: string, value: unknown): string[] {
  if (addresses.some((name) => name === key)) return [value].flat() as string[];
  if (key !== 'gpg_keys') return [];
  const keys = (value as (string | { key: string })[]).map((entry) =>
    typeof entry === 'string' ? entry : entry.key,
  );
  // What is read as the key itself, and never opened.
  return keys.filter((text) => !text.includes('-----BEGIN PGP'));
}
