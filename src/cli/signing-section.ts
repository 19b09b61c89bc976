import { resolve } from 'node:path';
import { z } from 'zod';
import { oneOrMore } from '../base/filters.ts';
import type { GivenKey } from '../channels/signing/given.ts';

const fileSchema = z
  .string()
  .min(1)
  .refine((f) => !/[\r\n]|-----BEGIN/.test(f), 'the path of a file, not what it holds');
const given = z.strictObject({ key: fileSchema, passphrase_file: fileSchema.optional() });

/** `signing:`: private keys to sign with, in place of what the server makes; several while clients get to know a new one. */
export const signingSchema = oneOrMore(given);

export function readSigning(
  written: z.output<typeof signingSchema> | undefined,
  folder: string,
): GivenKey[] {
  return [written ?? []].flat().map(({ key, passphrase_file }) => ({
    key: resolve(folder, key),
    ...(passphrase_file && { passphraseFile: resolve(folder, passphrase_file) }),
  }));
}
