import type { AuthStores } from './auth-stores.ts';
import type { ApiRates } from './cli/api-rates.ts';
import { createFirstAdministrator } from './identity/administrator.ts';
import { createApiKeys } from './identity/api-keys.ts';
import { createBearerTokens } from './identity/bearer-tokens.ts';
import type { Identity } from './identity/identity.ts';
import { createRateLimit, networkOf } from './identity/rate-limit.ts';
import { createSessions } from './identity/sessions.ts';
import type { AuthOperations } from './server/control/auth.ts';
import { createAdministratorFiles } from './store/administrator-files.ts';
import type { DataPaths } from './store/paths.ts';

interface Deps {
  paths: DataPaths;
  identity: Identity;
  authStores: AuthStores;
  /** As they are now. */
  rates(): ApiRates;
}

/** How users of the OS Management API show who they are, and how often they may ask. */
export async function createAuthPart({ paths, identity, authStores, rates }: Deps) {
  const { users, audit, slowDown, tenancy } = identity;
  const apiKeys = await createApiKeys({ table: authStores.apiKeys, users, audit });
  const tokens = await createBearerTokens({ table: authStores.tokens, users, audit });
  const sessions = await createSessions({ table: authStores.sessions, users, audit, slowDown });
  const administrator = createFirstAdministrator({
    ...{ tenancy, users, apiKeys },
    files: createAdministratorFiles(paths),
    group: administrators(identity),
  });
  const callers = createRateLimit(() => rates().rate);
  const addresses = createRateLimit(() => rates().addressRate);

  const operations: AuthOperations = {
    initialiseAdministrator: administrator.ensure,
    async addApiKey(user, pem, { by }) {
      const fingerprint = await apiKeys.add(user, pem, by);
      return { user, fingerprint, userOcid: users.ocidOf(user), tenancy: tenancy.ocid };
    },
    listApiKeys: async (user) => apiKeys.list(user ?? undefined),
    removeApiKey: (user, fingerprint, { by }) => apiKeys.remove(user, fingerprint, by),
    createBearerToken: async ({ by, ...token }) => ({ token: await tokens.create(token, by) }),
    listBearerTokens: async (user) => tokens.list(user ?? undefined),
    revokeBearerToken: (user, name, { by }) => tokens.revoke(user, name, by),
  };

  return {
    ...{ apiKeys, tokens, sessions, operations },
    /** How often one may ask: a caller, as the audit names them, and before anybody showed who they are an address. */
    rateLimit: {
      caller: callers.take,
      address: (address: string) => addresses.take(networkOf(address)),
    },
  };
}

const groupName = 'Administrators';

/** The group whose members may do everything. */
const administrators = ({ userGroups }: Identity) => ({
  members: () => userGroups.find(groupName)?.members ?? [],
  add: (user: string, by: string) => userGroups.join(groupName, [user], by),
});
