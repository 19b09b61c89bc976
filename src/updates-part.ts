import { AppError } from './base/errors.ts';
import type { Updates } from './updates/updates.ts';

/** Holds the place of the engine, which takes it when both are merged: it knows of nothing. */
export function createUpdatesPart(): Updates {
  const none = async () => [];
  return {
    ...{ of: none, installable: none, advisoriesOf: none, search: none, affected: none },
    ...{ builds: none, modules: none, advisory: async () => undefined },
    counts: async () => new Map(),
    summary: async () => {
      throw new AppError('not_found', 'there is no engine yet');
    },
    changed: () => {},
    settled: async () => {},
    close: async () => {},
  };
}
