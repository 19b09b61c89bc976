import { z } from 'zod';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { type Operation, operation } from './operation.ts';
import { pageQuery } from './page.ts';
import { packageUpdateTypes } from './update-types.ts';

const text = z.string().optional();
const listQuery = { displayName: text, compartmentId: text, ...pageQuery };
const instance = '/managedInstances/{managedInstanceId}';
const none = { status: 200, body: z.array(z.unknown()).max(0) } as const;

const reading = { verb: 'read', type: 'osms-managed-instances', of: 'instance' } as const;
const using = { verb: 'use', type: 'osms-managed-instances', of: 'instance' } as const;
const knowing = { verb: 'inspect', type: 'osms-errata', of: 'any' } as const;

/** What the API has for Windows: no instance runs it. */
export function windowsOperations(): Operation[] {
  return [
    operation({
      id: 'listWindowsUpdates',
      method: 'GET',
      path: '/updates',
      summary: 'Lists updates of Windows: there are none',
      permission: knowing,
      query: z.object(listQuery),
      answer: none,
      handle: nothing,
    }),
    operation({
      id: 'getWindowsUpdate',
      method: 'GET',
      path: '/updates/{windowsUpdate}',
      summary: 'Says what an update of Windows is: there are none',
      permission: knowing,
      answer: { status: 200 },
      async handle() {
        throw notAuthorizedOrNotFound('there are no updates of Windows');
      },
    }),
    operation({
      id: 'listAvailableWindowsUpdatesForManagedInstance',
      method: 'GET',
      path: `${instance}/updates/available`,
      summary: 'Lists the updates of Windows that an instance could install: there are none',
      permission: reading,
      query: z.object({
        ...listQuery,
        isEligibleForInstallation: z.enum(['INSTALLABLE', 'NOT_INSTALLABLE', 'UNKNOWN']).optional(),
      }),
      answer: none,
      handle: nothing,
    }),
    operation({
      id: 'listWindowsUpdatesInstalledOnManagedInstance',
      method: 'GET',
      path: `${instance}/updates/installed`,
      summary: 'Lists the updates of Windows that an instance has: there are none',
      permission: reading,
      query: z.object(listQuery),
      answer: none,
      handle: nothing,
    }),
    operation({
      id: 'installWindowsUpdateOnManagedInstance',
      method: 'POST',
      path: `${instance}/actions/updates/install`,
      summary: 'Refuses to install an update of Windows: no instance runs it',
      permission: using,
      query: z.object({ windowsUpdateName: z.string() }),
      answer: { status: 202 },
      handle: refuse,
    }),
    operation({
      id: 'installAllWindowsUpdatesOnManagedInstance',
      method: 'POST',
      path: `${instance}/actions/updates/installAll`,
      summary: 'Refuses to install updates of Windows: no instance runs it',
      permission: using,
      query: z.object({
        updateType: z.enum(packageUpdateTypes).optional(),
      }),
      answer: { status: 202 },
      handle: refuse,
    }),
  ];
}

const nothing = async () => ({ body: [] });

async function refuse(): Promise<never> {
  throw apiError(
    'InvalidParameter',
    'the instance runs Linux: there are no Windows instances here',
  );
}
