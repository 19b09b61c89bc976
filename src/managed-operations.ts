import { createActionOperations } from './action-operations.ts';
import { createFleetOperations } from './fleet-operations.ts';
import type { Identity } from './identity/identity.ts';
import { createIdentityOperations } from './identity-operations.ts';
import { createLensOperations } from './lens-operations.ts';
import type { Managed } from './managed.ts';
import type { AccessOperations } from './server/control/access.ts';
import type { ActionOperations } from './server/control/actions.ts';
import type { FleetOperations } from './server/control/fleet.ts';
import type { IdentityOperations } from './server/control/identity.ts';
import type { LensOperations } from './server/control/lenses.ts';
import type { SourceSet } from './source-set.ts';

interface Deps {
  managed: Managed;
  identity: Identity;
  sources: SourceSet;
  access: AccessOperations;
  /** The revision that `label@spec` names. Throws AppErrors. */
  resolve(label: string, spec: string): Promise<{ at: Date }>;
  addSource(definition: unknown): Promise<unknown>;
  removeSource(label: string): Promise<void>;
  isAttached(label: string): Promise<boolean>;
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
  const operations: AccessOperations &
    ActionOperations &
    FleetOperations &
    IdentityOperations &
    LensOperations = {
    ...deps.access,
    ...createActionOperations({ actions: managed.actions, instance: instances.get }),
    ...fleet,
    ...createIdentityOperations({ identity: deps.identity, instances }),
    ...lens.operations,
    async removeGroup(name, by) {
      await fleet.removeGroup(name, by);
      await lens.forget('group', name);
    },
  };
  return {
    operations,
    /** Throws AppError 'conflict' where instances see a source instead of another. */
    refuseUsed: lens.refuseUsed,
  };
}

export type ManagedOperations = ReturnType<typeof createManagedOperations>;
