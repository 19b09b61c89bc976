import { createAuditTable } from './store/state/audit.ts';
import { createCompartmentTable } from './store/state/compartments.ts';
import { createDynamicGroupTable } from './store/state/dynamic-groups.ts';
import { createPolicyTable } from './store/state/policies.ts';
import { createResourceTable } from './store/state/resources.ts';
import type { StateDb } from './store/state/state.ts';
import { createTenancyTable } from './store/state/tenancy.ts';
import { createUserGroupTable } from './store/state/user-groups.ts';
import { createUserTable } from './store/state/users.ts';

/** The tables of the state database that say who may do what. */
export function createIdentityStores(state: StateDb) {
  return {
    audit: createAuditTable(state),
    compartments: createCompartmentTable(state),
    dynamicGroups: createDynamicGroupTable(state),
    policies: createPolicyTable(state),
    resources: createResourceTable(state),
    tenancy: createTenancyTable(state),
    userGroups: createUserGroupTable(state),
    users: createUserTable(state),
  };
}
