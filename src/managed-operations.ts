import { createActionOperations } from './action-operations.ts';
import { AppError } from './base/errors.ts';
import { instancesText } from './base/units.ts';
import { createFleetOperations } from './fleet-operations.ts';
import type { Identity } from './identity/identity.ts';
import { createIdentityOperations } from './identity-operations.ts';
import { createLensOperations } from './lens-operations.ts';
import type { Managed } from './managed.ts';
import { createRunOperations } from './run-operations.ts';
import type { AccessOperations } from './server/control/access.ts';
import type { ActionOperations } from './server/control/actions.ts';
import type { FleetOperations } from './server/control/fleet.ts';
import type { IdentityOperations } from './server/control/identity.ts';
import type { JobOperations } from './server/control/jobs.ts';
import type { LensOperations } from './server/control/lenses.ts';
import type { NotificationOperations } from './server/control/notifications.ts';
import type { PreviewOperations } from './server/control/preview.ts';
import type { RunOperations } from './server/control/runs.ts';
import type { UpdateOperations } from './server/control/updates.ts';
import type { SourceSet } from './source-set.ts';
import { createUpdateOperations } from './updates-operations.ts';

interface Deps {
  managed: Managed;
  identity: Identity;
  sources: SourceSet;
  access: AccessOperations;
  /** The revision that `label@spec` names. Throws AppErrors. */
  resolve(label: string, spec: string): Promise<{ at: Date }>;
  addSource(definition: unknown): Promise<unknown>;
  removeSource(label: string): Promise<void>;
  /** How many instances have it attached. */
  attachedTo(label: string): Promise<number>;
}

/** The operations on managed instances, and what follows from them. */
export function createManagedOperations(deps: Deps) {
  const { managed, sources } = deps;
  const { instances, groups, audit } = managed;
  const lens = createLensOperations({
    ...deps,
    ...{ lenses: managed.lenses, audit },
    async requireSubject(scope, subject) {
      if (scope === 'group') await groups.require(subject);
      else await instances.require(Number(subject));
    },
  });
  instances.onRemoved((id) => lens.forget('instance', String(id)));
  const fleet = createFleetOperations({
    fleet: managed,
    ocidOf: (id) => deps.identity.ocids.of('instance', id),
    hasSource: (label) => sources.get(label) !== undefined,
    requireCompartment: deps.identity.compartments.require,
  });
  const identity = createIdentityOperations({ identity: deps.identity, instances });
  const operations: AccessOperations &
    ActionOperations &
    FleetOperations &
    IdentityOperations &
    JobOperations &
    LensOperations &
    NotificationOperations &
    PreviewOperations &
    RunOperations &
    UpdateOperations = {
    ...deps.access,
    ...managed.notify.operations,
    ...createActionOperations({ actions: managed.actions, instance: instances.get }),
    ...fleet,
    ...identity,
    ...lens.operations,
    ...managed.jobs.operations,
    // Jobs that name what is made just now mean another, of which a process that was killed could not note that it is no more.
    async createCompartment(path, about) {
      const compartment = await identity.createCompartment(path, about);
      await managed.jobs.forget('compartment', path);
      return compartment;
    },
    async createGroup(name, about) {
      const group = await fleet.createGroup(name, about);
      await managed.jobs.forget('group', group.name);
      return group;
    },
    async removeCompartment(path, by) {
      await identity.removeCompartment(path, by);
      await managed.jobs.forget('compartment', path);
    },
    ...createRunOperations(managed),
    ...createUpdateOperations({
      ...{ updates: managed.updates, instances, groups },
      requireCompartment: deps.identity.compartments.require,
    }),
    previewInstance: managed.preview.previewInstance,
    async removeGroup(name, by) {
      await fleet.removeGroup(name, by);
      await lens.forget('group', name);
      await managed.jobs.forget('group', name);
    },
  };
  return {
    operations,
    /** Throws AppError 'conflict' where instances have a source attached, or see it instead of another. */
    async refuseUsed(label: string): Promise<void> {
      lens.refuseUsed(label);
      const count = await deps.attachedTo(label);
      if (count === 0) return;
      throw new AppError('conflict', `source ${label} is attached to ${instancesText(count)}`, {
        hint: `detach it there first: \`headwater instance detach ID ${label}\``,
      });
    },
  };
}

export type ManagedOperations = ReturnType<typeof createManagedOperations>;
