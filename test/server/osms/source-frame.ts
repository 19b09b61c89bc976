import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigFileAuthenticationDetailsProvider, NoRetryConfigurationDetails } from 'oci-common';
import { OsManagementClient } from 'oci-osmanagement';
import { expect, onTestFinished } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { brook, type Flow, startFlow } from '../../channels/time.ts';
import { temporaryFolder } from '../../support/app.ts';

/** A flow (see startFlow) with an administrator's client of the API. */
export interface SourceFlow extends Flow {
  client: OsManagementClient;
  /** The OCID of the root compartment. */
  root: string;
  /** The OCID of a source. */
  idOf(label: string): Promise<string>;
  /** Makes a source by the API: what the SDK's model knows, and `headwater`. */
  make(displayName: string, more?: object): Promise<Shown>;
  /** Waits for a work request; gives how it ended. */
  ended(id: string | undefined): Promise<{ status: string; message: string | undefined }>;
  /** Calls what the SDK does not know, as the administrator. */
  call: Caller;
  /** The same as a new user whom a policy's statements, about the group of the user's name, let do something. */
  as(user: string, ...statements: string[]): Promise<Caller>;
}

type Caller = (method: string, path: string, body?: object) => Promise<Called>;

/** A source as the API shows it. */
export interface Shown {
  id: string;
  displayName: string;
  url: string;
  status?: string;
  packages?: number;
  headwater: Record<string, unknown>;
}

interface Called {
  status: number;
  body: Record<string, unknown>;
  workRequest: string | undefined;
}

export async function startSources(others: SourceDefinition[] = []): Promise<SourceFlow> {
  const flow = await startFlow(others);
  const { app, url } = flow;
  const { operations: o } = app;
  const { profile, user } = await o.initialiseAdministrator();
  const file = join(await temporaryFolder(), 'config');
  await writeFile(file, profile!);
  const provider = new ConfigFileAuthenticationDetailsProvider(file);
  const client = new OsManagementClient(
    { authenticationDetailsProvider: provider },
    { retryConfiguration: NoRetryConfigurationDetails },
  );
  client.endpoint = url;
  onTestFinished(() => client.close());
  const root = provider.getTenantId();
  const by = 'tester';
  const callAs = async (user: string): Promise<Caller> => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { token } = await o.createBearerToken({ user, name: 'test', scopes: [], by, expiresAt });
    return async (method, path, body) => {
      const response = await fetch(`${url}/20190801${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text === '' ? {} : JSON.parse(text),
        workRequest: response.headers.get('opc-work-request-id') ?? undefined,
      };
    };
  };
  const made: SourceFlow = {
    ...flow,
    ...{ client, root },
    async idOf(label) {
      const found = await client.listSoftwareSources({ compartmentId: root, limit: 1000 });
      const { name } = (await o.showSource(label)) ?? {};
      return found.items.find((s) => s.displayName === name)!.id;
    },
    async make(displayName, more = {}) {
      const { softwareSource } = await client.createSoftwareSource({
        createSoftwareSourceDetails: {
          ...{ compartmentId: root, displayName, archType: 'X86_64' as never },
          ...more,
        },
      });
      return softwareSource as unknown as Shown;
    },
    async ended(id) {
      const state = async () => {
        const { workRequest } = await client.getWorkRequest({ workRequestId: id! });
        return { status: workRequest.status as string, message: workRequest.message };
      };
      await expect
        .poll(async () => (await state()).status, { timeout: 20_000 })
        .toMatch(/SUCCEEDED|FAILED/);
      return state();
    },
    call: await callAs(user),
    async as(name, ...statements) {
      const described = { description: '', by };
      await o.createUserGroup(name, described);
      await o.addUser(name, null, { by, groups: [name] });
      await o.createPolicy({ ...described, name, compartment: '', statements });
      return callAs(name);
    },
  };
  return made;
}

export { brook };
