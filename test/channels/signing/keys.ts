import { pino } from 'pino';
import type { GivenKey } from '../../../src/channels/signing/given.ts';
import { createSigningKeys } from '../../../src/channels/signing/keys.ts';
import { dataPaths } from '../../../src/store/paths.ts';

/** The keys of a data folder, without a log. */
export const keysOf = (folder: string, given: GivenKey[] = [], onKeysChanged = async () => {}) =>
  createSigningKeys(dataPaths(folder), { given, onKeysChanged, log: pino({ level: 'silent' }) });
