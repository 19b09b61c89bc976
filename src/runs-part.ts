import type { Log } from './base/log.ts';
import type { Actions, ActionsDeps } from './fleet/actions.ts';
import type { Instance } from './fleet/instances.ts';
import type { ModuleStreams } from './fleet/module-script.ts';
import type { Profiles } from './fleet/profiles.ts';
import { createRuns } from './fleet/runs.ts';
import type { FleetStores } from './fleet-stores.ts';
import type { Identity } from './identity/identity.ts';
import type { Updates } from './updates/updates.ts';

interface Deps {
  fleetStores: FleetStores;
  identity: Pick<Identity, 'ocids' | 'audit'>;
  log: Log;
  instance(id: number): Promise<Instance | undefined>;
  /** Made later: they tell one another. */
  profiles(): Profiles;
  actions(): Actions;
  updates(): Pick<Updates, 'builds' | 'changed'>;
  /** Milliseconds since 1970. */
  clock?(): number;
}

/** Work on many instances, and what actions and profiles have to do with it. */
export function createRunsPart({ fleetStores, identity, ...deps }: Deps) {
  const { profiles, actions } = deps;
  const runs = createRuns({
    ...{ table: fleetStores.runs, actionTable: fleetStores.actions, commit: fleetStores.commits },
    ...{ ocids: identity.ocids, log: deps.log, instance: deps.instance, note: identity.audit.note },
    installed: (id) => profiles().of(id),
    packages: fleetStores.profiles.withIds,
    ...(deps.clock && { clock: deps.clock }),
    onAdded: (instances) => actions().wereAdded(instances),
    tried: (instance, action) => actions().tried(instance, action),
  });

  /** What actions ask and tell. */
  const ofActions: Pick<
    ActionsDeps,
    'updates' | 'brought' | 'onHandedOut' | 'onEnded' | 'writeModules' | 'onModules'
  > = {
    updates: (id, kinds) => deps.updates().builds(id, kinds),
    brought: runs.watch.brought,
    onHandedOut({ instance, workRequest }) {
      if (workRequest === null) return;
      runs.watch.add(instance, workRequest);
      runs.touch([workRequest]);
    },
    onEnded: (ended) => runs.touch(ended.flatMap((a) => a.workRequest ?? [])),
    writeModules: (tx, instance, streams: ModuleStreams) =>
      fleetStores.instanceSettings.set(tx, instance, { module_streams: streams }),
    onModules: (instance) => deps.updates().changed({ instance }),
  };
  return { runs, ofActions };
}
