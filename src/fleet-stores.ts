import { createActionTable } from './store/state/actions.ts';
import { createAdvisoryNumberTable } from './store/state/advisory-numbers.ts';
import { createAttachmentTable } from './store/state/attachments.ts';
import { createChannelChangeTable } from './store/state/channel-changes.ts';
import { createGroupCommit } from './store/state/group-commit.ts';
import { createGroupTable } from './store/state/groups.ts';
import { createInstanceSettingTable } from './store/state/instance-settings.ts';
import { createInstanceTable } from './store/state/instances.ts';
import { createJobTable } from './store/state/jobs.ts';
import { createLensTable } from './store/state/lenses.ts';
import { createProfileTable } from './store/state/profiles.ts';
import { createRegistrationKeyTable } from './store/state/registration-keys.ts';
import { createRunTable } from './store/state/runs.ts';
import { createSessionKeyTable } from './store/state/session-keys.ts';
import type { StateDb } from './store/state/state.ts';

export type FleetStores = ReturnType<typeof createFleetStores>;

/** The tables of the state database that managed instances have. */
export function createFleetStores(state: StateDb) {
  return {
    commits: createGroupCommit(state),
    actions: createActionTable(state),
    advisoryNumbers: createAdvisoryNumberTable(state),
    attachments: createAttachmentTable(state),
    channelChanges: createChannelChangeTable(state),
    groups: createGroupTable(state),
    instances: createInstanceTable(state),
    instanceSettings: createInstanceSettingTable(state),
    jobs: createJobTable(state),
    lenses: createLensTable(state),
    profiles: createProfileTable(state),
    registrationKeys: createRegistrationKeyTable(state),
    runs: createRunTable(state),
    sessionKeys: createSessionKeyTable(state),
  };
}
