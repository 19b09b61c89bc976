import { expect } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import type { Config } from '../../../src/cli/config.ts';
import type { Instance } from '../../../src/fleet/instances.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type RawAnswer, raw } from '../mirrored.ts';

/** HTTPS with certificates that the server makes, on a port of the system's choice. */
export const ownTls = {
  listen: { host: '127.0.0.1', port: 0 },
  files: undefined,
  ca: undefined,
  clientCa: undefined,
  only: false,
} satisfies Config['tls'];

export interface Registered extends TestApp {
  /** Registers a machine of Oracle Linux 8 with a key of its own. */
  register(name?: string): Promise<Machine>;
  /** Asks for a path as somebody, who is identified by headers. */
  get(path: string, headers?: Record<string, string>): Promise<RawAnswer>;
}

export interface Machine {
  instance: Instance;
  id: number;
  /** Headers of HTTP Basic. */
  basic(): Promise<Record<string, string>>;
  /** Headers of a login token. */
  token(): Promise<Record<string, string>>;
}

/** An app whose channels are for instances that have them attached. Sources are synced. */
export async function startRegistered(
  sources: SourceDefinition[],
  overrides: Partial<Config> = {},
): Promise<Registered> {
  const app = await startApp(sources, { access: 'registered', ...overrides });
  const { managed } = app.app;
  for (const result of await app.app.operations.sync({ labels: [] }, () => {})) {
    expect(result).toMatchObject({ outcome: 'updated' });
  }
  let made = 0;
  return {
    ...app,
    get: (path, headers = {}) => raw(app.url, path, { headers }),
    async register(name = 'web1') {
      const about = { name: `key-${++made}`, reactivates: null, takeoverMs: null, sources: [] };
      const rest = { groups: [], tags: [], compartment: null, uses: null, expiresAt: null };
      const { key } = await managed.keys.create({ ...about, ...rest }, 'test');
      const machine = { name, osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' };
      const request = { ...machine, keys: [key] };
      const { instance } = await managed.registration.register(request, '127.0.0.1');
      const { id } = instance;
      return {
        instance,
        id,
        basic: async () => basic(id, await managed.instances.issuePassword(id, 'test')),
        async token() {
          const token = await managed.tokens.issue(instance);
          return {
            'X-RHN-Server-Id': token.serverId,
            'X-RHN-Auth-User-Id': token.userId,
            'X-RHN-Auth': token.auth,
            'X-RHN-Auth-Server-Time': token.serverTime,
            'X-RHN-Auth-Expire-Offset': token.expireOffset,
          };
        },
      };
    },
  };
}

export const basic = (id: number | string, password: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
});
