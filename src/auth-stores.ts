import { createApiKeyTable } from './store/state/api-keys.ts';
import { createBearerTokenTable } from './store/state/bearer-tokens.ts';
import { createSessionTable } from './store/state/sessions.ts';
import type { StateDb } from './store/state/state.ts';

export type AuthStores = ReturnType<typeof createAuthStores>;

/** The tables of the state database that hold how users show who they are. */
export function createAuthStores(state: StateDb) {
  return {
    apiKeys: createApiKeyTable(state),
    tokens: createBearerTokenTable(state),
    sessions: createSessionTable(state),
  };
}
