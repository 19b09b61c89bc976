import { z } from 'zod';
import type { Step } from '../../fleet/run-work.ts';
import type { OsmsDeps } from './door.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { packageUpdateTypes, updateAllOf } from './update-types.ts';

const packageName = z.string().min(1).max(1000);
const named = z.object({ softwarePackageName: packageName });
const updateTypeSchema = z.enum(packageUpdateTypes).optional();

/** Answers with the work request of what an instance, or all of a group, is to do at its check-in. */
export async function startWork(
  { operations }: Pick<OsmsDeps, 'operations'>,
  { target, caller }: Pick<Call, 'target' | 'caller'>,
  work: Step,
) {
  const isGroup = target.kind === 'group';
  const { ocid, description } = await operations.startWork({
    ...{ work, by: caller.name },
    instances: isGroup ? null : [Number(target.subject)],
    group: isGroup ? target.subject : null,
  });
  return { workRequest: ocid, detail: description };
}

/** What instances and groups are given to do with packages. */
export function instanceWorkOperations(deps: OsmsDeps): Operation[] {
  const ofInstance = { verb: 'use', type: 'osms-managed-instances', of: 'instance' } as const;
  const at = '/managedInstances/{managedInstanceId}/actions/packages';
  const answer = { status: 202 } as const;

  /** An operation on the package that the query names. */
  const onPackage = (kind: 'install' | 'update' | 'remove', id: string, summary: string) =>
    operation({
      ...{ id, summary, method: 'POST', path: `${at}/${kind}`, answer },
      permission: ofInstance,
      query: named,
      handle: (call) => startWork(deps, call, { kind, packages: [call.query.softwarePackageName] }),
    });

  return [
    onPackage('install', 'installPackageOnManagedInstance', 'Installs a package on an instance'),
    onPackage(
      'update',
      'installPackageUpdateOnManagedInstance',
      'Updates a package of an instance',
    ),
    onPackage('remove', 'removePackageFromManagedInstance', 'Removes a package from an instance'),
    operation({
      id: 'installAllPackageUpdatesOnManagedInstance',
      method: 'POST',
      path: `${at}/updateAll`,
      summary: 'Installs the updates of an instance, all or those of a type',
      permission: ofInstance,
      query: z.object({ updateType: updateTypeSchema }),
      answer,
      handle: (call) => startWork(deps, call, updateAllOf(call.query.updateType)),
    }),
    operation({
      id: 'installAllUpdatesOnManagedInstanceGroup',
      method: 'POST',
      path: '/managedInstanceGroups/{managedInstanceGroupId}/actions/updates/installAll',
      summary: 'Installs the updates of the instances of a group, all or those of a type',
      permission: { verb: 'use', type: 'osms-managed-instance-groups', of: 'group' },
      query: z.object({ updateType: updateTypeSchema }),
      answer,
      handle: (call) => startWork(deps, call, updateAllOf(call.query.updateType)),
    }),
  ];
}
