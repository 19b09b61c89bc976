import type { Log } from '../base/log.ts';
import type { AuditTable } from '../store/state/audit.ts';
import type { CompartmentTable } from '../store/state/compartments.ts';
import type { DynamicGroupTable } from '../store/state/dynamic-groups.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { PolicyTable } from '../store/state/policies.ts';
import type { ResourceTable } from '../store/state/resources.ts';
import type { TenancyTable } from '../store/state/tenancy.ts';
import type { UserGroupTable } from '../store/state/user-groups.ts';
import type { UserTable } from '../store/state/users.ts';
import { createAudit } from './audit.ts';
import { createAuthoriser } from './authorise.ts';
import { createCompartments } from './compartments.ts';
import { createDynamicGroups } from './dynamic-groups.ts';
import { createOcids } from './ocid.ts';
import { createPolicies, type Policies } from './policies.ts';
import { createResources } from './resources.ts';
import { createSlowDown } from './slow-down.ts';
import { createUserGroups } from './user-groups.ts';
import { createUsers } from './users.ts';

export type Identity = Awaited<ReturnType<typeof createIdentity>>;

interface Deps {
  stores: {
    audit: AuditTable;
    compartments: CompartmentTable;
    dynamicGroups: DynamicGroupTable;
    policies: PolicyTable;
    resources: ResourceTable;
    tenancy: TenancyTable;
    userGroups: UserGroupTable;
    users: UserTable;
  };
  commit: GroupCommit;
  log: Log;
  /** How long entries of the audit are kept, in milliseconds. */
  keepAuditMs(): number;
}

const tenancyName = 'headwater';

/** Puts together who asks, and what they may. What decides is in memory, and this process is its only writer. */
export async function createIdentity({ stores, commit, log, keepAuditMs }: Deps) {
  const tenancy = await stores.tenancy.ensure(tenancyName);
  const ocids = createOcids(tenancy.salt);
  const audit = createAudit({ table: stores.audit, commit, log, keepMs: keepAuditMs });
  const resources = await createResources({ table: stores.resources, ocids });
  const users = await createUsers({ table: stores.users, audit, ocids });
  /** What policies name comes before them, and asks them who names it. */
  let policies: Policies | undefined;
  const compartments = await createCompartments({
    ...{ table: stores.compartments, commit, audit, ocids },
    root: tenancy.name,
    countIn: resources.countIn,
    namedBy: (path) => policies?.namingCompartment(path) ?? [],
    rewrite: async (tx, from, to) => policies?.rewrite(tx, from, to),
    onChange: () => policies?.reload(),
  });
  const userGroups = await createUserGroups({
    ...{ table: stores.userGroups, users, audit, ocids },
    namedBy: (group) => policies?.namingGroup('group', group) ?? [],
    onChange: () => policies?.changed(),
  });
  const dynamicGroups = await createDynamicGroups({
    ...{ table: stores.dynamicGroups, audit, ocids },
    namedBy: (group) => policies?.namingGroup('dynamic-group', group) ?? [],
    onChange: () => policies?.changed(),
  });
  policies = await createPolicies({
    ...{ table: stores.policies, audit, log, ocids },
    requireCompartment: compartments.require,
    places: { compartments, userGroups, dynamicGroups },
  });
  const authoriser = createAuthoriser({
    ...{ users, userGroups, dynamicGroups, compartments, policies, ocids },
  });
  compartments.onRenamed(resources.refresh);
  const slowDown = createSlowDown();
  return {
    tenancy: { name: tenancy.name, ocid: ocids.of('tenancy', 1) },
    ...{ ocids, resources, compartments, users, userGroups, dynamicGroups, policies },
    ...authoriser,
    ...{ audit, slowDown },

    /** Writes what waits to be written. Nobody waits any longer. */
    async close(): Promise<void> {
      slowDown.close();
      await audit.settled();
    },
  };
}
