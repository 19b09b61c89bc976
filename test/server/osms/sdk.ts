import {
  ConfigFileAuthenticationDetailsProvider,
  NoRetryConfigurationDetails,
  OciError,
} from 'oci-common';
import { EventClient, OsManagementClient } from 'oci-osmanagement';
import { onTestFinished, vi } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import type { Config } from '../../../src/cli/config.ts';
import { startApp } from '../../support/app.ts';

/** A running server, and the SDK's clients of its administrator, with the profile that `headwater init` prints. */
export async function startApi(sources: SourceDefinition[] = [], overrides: Partial<Config> = {}) {
  const server = await startApp(sources, overrides);
  const { managed, operations, identity } = server.app;
  const { profileFile, user } = await operations.initialiseAdministrator();
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(profileFile);
  const settings = { retryConfiguration: NoRetryConfigurationDetails };
  const client = new OsManagementClient({ authenticationDetailsProvider }, settings);
  const events = new EventClient({ authenticationDetailsProvider }, settings);
  for (const one of [client, events]) {
    one.endpoint = server.url;
    onTestFinished(() => one.close());
  }
  let keys = 0;

  return {
    ...{ ...server, client, events, user },
    /** The OCID of the root compartment. */
    root: authenticationDetailsProvider.getTenantId(),

    /** Registers a machine of Oracle Linux 8; gives its OCID. */
    async register(name: string, compartment: string | null = null): Promise<string> {
      const key = await managed.keys.create(
        {
          ...{ name: `key-${++keys}`, compartment, sources: [], groups: [], tags: [] },
          ...{ uses: null, expiresAt: null, reactivates: null, takeoverMs: null },
        },
        'test',
      );
      const machine = { name, osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' };
      const { instance } = await managed.registration.register(
        { ...machine, keys: [key.key] },
        '192.0.2.1',
      );
      return identity.ocids.of('instance', instance.id);
    },
  };
}

/** The status and the code of the refusal that a call ends with, and what it says. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ status: number; code: string; message: string }> {
  // The SDK complains of each to the console.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    await call;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const { statusCode, serviceCode, message } = error;
    return { status: statusCode, code: serviceCode, message };
  } finally {
    quiet.mockRestore();
  }
  throw new Error('the call was not refused');
}

/** All that an iterator of the SDK gives. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
