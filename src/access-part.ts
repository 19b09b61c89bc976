import { createAccessOperations } from './access-operations.ts';
import { createAuthPart } from './auth-part.ts';
import type { AuthStores } from './auth-stores.ts';
import type { Log } from './base/log.ts';
import type { Config } from './cli/config.ts';
import type { Identity } from './identity/identity.ts';
import { createListeners } from './listeners.ts';
import type { Managed } from './managed.ts';
import { createPublicUrl } from './public-url.ts';
import { createAccess } from './server/access.ts';
import { createAsker } from './server/asker.ts';
import { createAuthority } from './server/tls/authority.ts';
import type { DataPaths } from './store/paths.ts';
import { createTlsFiles } from './store/tls-files.ts';

interface Deps {
  paths: DataPaths;
  log: Log;
  /** As it is now. */
  config(): Config;
  identity: Identity;
  authStores: AuthStores;
  managed: Pick<Managed, 'tokens' | 'instances' | 'channelLists' | 'slowDown' | 'audit'>;
}

export type AccessPart = Awaited<ReturnType<typeof createAccessPart>>;

/** Who may read what, and by which ways they reach this server. */
export async function createAccessPart(deps: Deps) {
  const { paths, log, config, managed } = deps;
  const { tokens, instances } = managed;
  const publicUrl = createPublicUrl(config());
  const authority = createAuthority(createTlsFiles(paths));
  const listeners = createListeners({ config, authority, publicUrl: publicUrl.now, log });
  const asker = createAsker(() => config().trustedProxies);
  const isRegistered = () => config().access === 'registered';
  const auth = await createAuthPart({ ...deps, rates: () => config().api });
  return {
    listeners,
    auth,
    publicUrl,
    access: createAccess({ ...managed, channels: managed.channelLists, isRegistered, asker }),
    operations: createAccessOperations({
      tokens,
      tokenLifetime: () => config().fleet.tokenLifetimeMs,
      authority,
      publicUrl: publicUrl.now,
      onCertificate: listeners.refresh,
      setCertificate: instances.setCertificate,
      auth: auth.operations,
    }),
    /** What the public server asks of this part. */
    http: {
      session: { sessions: auth.sessions, rateLimit: auth.rateLimit, audit: managed.audit },
      asker,
      publicUrl: (ctx: { req: Parameters<typeof asker>[0] }) => publicUrl.for(asker(ctx.req)),
      isOwnAuthority: () => listeners.trustedCertificate() !== undefined,
      trustedCertificate: listeners.trustedCertificate,
    },
  };
}
