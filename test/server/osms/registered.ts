import { generateKeyPairSync } from 'node:crypto';
import { NoRetryConfigurationDetails, SimpleAuthenticationDetailsProvider } from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { onTestFinished, vi } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import type { ProfilePackage } from '../../../src/fleet/profiles.ts';
import type { RegistrationRequest } from '../../../src/fleet/registration.ts';
import { startApi } from './sdk.ts';

/** A running server, the SDK's client of its administrator, and machines that register. */
export async function openApi(sources: SourceDefinition[] = []) {
  const test = await startApi(sources);
  const { managed, identity, operations } = test.app;
  // The SDK complains of each refusal to the console.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => quiet.mockRestore());
  let made = 0;

  return {
    ...test,
    ...{ managed, identity, operations },

    /** The client of a new user who may do what these statements say of `group NAME`. */
    async as(name: string, ...statements: string[]): Promise<OsManagementClient> {
      const by = 'test';
      await operations.createUserGroup(name, { description: '', by });
      await operations.addUser(name, null, { groups: [name], by });
      await operations.createPolicy({ name, compartment: '', statements, description: '', by });
      const { privateKey, publicKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const { tenancy, userOcid, fingerprint } = await operations.addApiKey(name, publicKey, {
        by,
      });
      const authenticationDetailsProvider = new SimpleAuthenticationDetailsProvider(
        ...([tenancy, userOcid, fingerprint, privateKey, null] as const),
      );
      const settings = { retryConfiguration: NoRetryConfigurationDetails };
      const asked = new OsManagementClient({ authenticationDetailsProvider }, settings);
      asked.endpoint = test.url;
      onTestFinished(() => asked.close());
      return asked;
    },

    /** The OCID of a new compartment. */
    async compartment(path: string): Promise<string> {
      return (await identity.compartments.create(path, '', 'test')).ocid;
    },

    /** The OCID of a source. */
    source: async (label: string) => (await identity.resources.of('source', label)).ocid,

    /** Registers a machine of Oracle Linux 8; gives its number and OCID. */
    async enrol(
      about: Partial<RegistrationRequest> & { compartment?: string } = {},
      packages: ProfilePackage[] = [],
    ) {
      const { compartment = null, ...machine } = about;
      const key = await managed.keys.create(
        {
          ...{ name: `key${++made}`, compartment, sources: [], groups: [], tags: [] },
          ...{ uses: null, expiresAt: null, reactivates: null, takeoverMs: null },
        },
        'test',
      );
      const { instance } = await managed.registration.register(
        {
          ...{ name: `web${made}`, osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' },
          ...{ keys: [key.key], ...machine },
        },
        '192.0.2.1',
      );
      if (packages.length > 0) await managed.profiles.replace(instance.id, packages);
      return { id: instance.id, ocid: identity.ocids.of('instance', instance.id) };
    },
  };
}

export type Api = Awaited<ReturnType<typeof openApi>>;
