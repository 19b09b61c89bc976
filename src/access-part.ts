import { createAccessOperations } from './access-operations.ts';
import type { Log } from './base/log.ts';
import type { Config } from './cli/config.ts';
import { createTokens, type Tokens } from './fleet/tokens.ts';
import { createListeners } from './listeners.ts';
import { createPublicUrl } from './public-url.ts';
import { type AccessDeps, type Caller, createAccess } from './server/access.ts';
import { createAsker } from './server/asker.ts';
import { createAuthority } from './server/tls/authority.ts';
import type { DataPaths } from './store/paths.ts';
import type { SessionKeyTable } from './store/state/session-keys.ts';
import { createTlsFiles } from './store/tls-files.ts';

/** An instance as this part knows it. */
export interface PartInstance extends Caller {
  owner: string;
}

interface Deps<I extends PartInstance> {
  paths: DataPaths;
  sessionKeys: SessionKeyTable;
  log: Log;
  /** As it is now. */
  config(): Config;
  fleet: Pick<AccessDeps<I>, 'channels' | 'slowDown' | 'audit'> & {
    instances: AccessDeps<I>['instances'] & {
      get(id: number): Promise<I | undefined>;
      credentialHash(id: number): Promise<Buffer | undefined>;
      setCertificate(id: number, sha256: Buffer): Promise<void>;
    };
  };
}

/** Who may read what, and by which ways they reach this server. */
export function createAccessPart<I extends PartInstance>({ config, log, ...deps }: Deps<I>) {
  const { fleet } = deps;
  const { instances } = fleet;
  const publicUrl = createPublicUrl(config());
  const authority = createAuthority(createTlsFiles(deps.paths));
  const listeners = createListeners({ config, authority, publicUrl: publicUrl.now, log });
  const asker = createAsker(() => config().trustedProxies);
  const lifetime = () => config().fleet.tokenLifetimeMs;
  const tokens: Tokens<I> = createTokens({ keys: deps.sessionKeys, instances, lifetime });
  const isRegistered = () => config().access === 'registered';
  return {
    tokens,
    listeners,
    publicUrl,
    asker,
    access: createAccess<I>({ ...fleet, isRegistered, asker, tokens }),
    operations: createAccessOperations({
      tokens,
      tokenLifetime: lifetime,
      authority,
      publicUrl: publicUrl.now,
      onCertificate: listeners.refresh,
      async setCertificate(id, sha256, by) {
        await instances.setCertificate(id, sha256);
        fleet.audit.note({ actor: `user:${by}`, event: 'instance.certificate', instance: id });
      },
    }),
    /** What the public server asks of this part. */
    http: {
      asker,
      publicUrl: (ctx: { req: Parameters<typeof asker>[0] }) => publicUrl.for(asker(ctx.req)),
      isOwnAuthority: () => listeners.trustedCertificate() !== undefined,
      trustedCertificate: listeners.trustedCertificate,
    },
  };
}

/** A fleet without instances. */
export const nobody: Deps<PartInstance>['fleet'] = {
  instances: {
    get: async () => undefined,
    byPassword: async () => undefined,
    byCertificate: async () => undefined,
    credentialHash: async () => undefined,
    async setCertificate() {},
    seen() {},
  },
  channels: { list: async () => [], served: async () => undefined },
  slowDown: { async failed() {}, succeeded() {} },
  audit: { note() {} },
};
