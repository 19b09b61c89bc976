import type { Log } from './base/log.ts';
import type { FleetSettings } from './cli/fleet-section.ts';
import { createAudit } from './fleet/audit.ts';
import { createGroups } from './fleet/groups.ts';
import { createInstances, type Instance } from './fleet/instances.ts';
import { createProfiles } from './fleet/profiles.ts';
import { createRegistration, type InitialSources } from './fleet/registration.ts';
import { createRegistrationKeys } from './fleet/registration-keys.ts';
import { createSlowDown } from './fleet/slow-down.ts';
import { createUsers } from './fleet/users.ts';
import { createAuditTable } from './store/state/audit.ts';
import type { GroupCommit } from './store/state/group-commit.ts';
import { createGroupTable } from './store/state/groups.ts';
import { createInstanceTable } from './store/state/instances.ts';
import { createProfileTable } from './store/state/profiles.ts';
import { createRegistrationKeyTable } from './store/state/registration-keys.ts';
import type { StateDb } from './store/state/state.ts';
import { createUserTable } from './store/state/users.ts';

export type Fleet = ReturnType<typeof createFleet>;

interface Deps {
  state: StateDb;
  commit: GroupCommit;
  log: Log;
  settings(): FleetSettings;
  /** Gives a new instance its first sources: what its keys and groups name, else the defaults. */
  attachInitial(instance: Instance, given: InitialSources): Promise<void>;
  /** Throw refused() for an instance that may not have, or lose, these. */
  attach(ids: number[], labels: string[], by: string): Promise<void>;
  detach(ids: number[], labels: string[], by: string): Promise<void>;
}

/** Who is out there: instances with what belongs to them, and what they register with. */
export function createFleet({ state, commit, log, settings, ...sources }: Deps) {
  const instanceTable = createInstanceTable(state);
  const keyTable = createRegistrationKeyTable(state);
  const groupTable = createGroupTable(state);
  const keepMs = () => settings().keepAuditMs;
  const audit = createAudit({ table: createAuditTable(state), commit, log, keepMs });
  const slowDown = createSlowDown();
  const instances = createInstances({ table: instanceTable, commit, audit, log });
  const users = createUsers({ table: createUserTable(state), audit, slowDown });
  const keys = createRegistrationKeys({ table: keyTable, audit });
  const groups = createGroups({ table: groupTable, commit, audit, instances, ...sources });
  const profiles = createProfiles({ table: createProfileTable(state), commit });
  instances.onRemoved(profiles.forget);
  const registration = createRegistration({
    ...{ instances, keys, users, audit, slowDown, commit, instanceTable, keyTable, groupTable },
    attachInitial: sources.attachInitial,
    unfinishedMs: () => settings().unfinishedMs,
  });

  return {
    audit,
    slowDown,
    instances,
    users,
    keys,
    groups,
    profiles,
    registration,

    /** Removes what nobody needs any more: unfinished registrations, old entries of the audit. */
    async tidy(): Promise<void> {
      await registration.removeUnfinished();
      await audit.prune();
    },

    /** Writes what waits to be written. The state database is the caller's to close. */
    async close(): Promise<void> {
      slowDown.close();
      await instances.close();
      await audit.settled();
      await commit.settled();
    },
  };
}
