import { createRetryTokenTable } from './store/state/retry-tokens.ts';
import type { StateDb } from './store/state/state.ts';
import { createWorkRequestTable } from './store/state/work-requests.ts';

/** The tables of the state database that the OS Management API has for itself. */
export function createOsmsStores(state: StateDb) {
  return {
    retryTokens: createRetryTokenTable(state),
    workRequests: createWorkRequestTable(state),
  };
}
