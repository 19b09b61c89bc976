import type { Log } from '../base/log.ts';
import type { AuditTable } from '../store/state/audit.ts';
import type { CompartmentTable } from '../store/state/compartments.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { ResourceTable } from '../store/state/resources.ts';
import type { TenancyTable } from '../store/state/tenancy.ts';
import type { UserTable } from '../store/state/users.ts';
import { createAudit } from './audit.ts';
import { createCompartments } from './compartments.ts';
import { createOcids } from './ocid.ts';
import { createResources } from './resources.ts';
import { createSlowDown } from './slow-down.ts';
import { createUsers } from './users.ts';

export type Identity = Awaited<ReturnType<typeof createIdentity>>;

interface Deps {
  stores: {
    audit: AuditTable;
    compartments: CompartmentTable;
    resources: ResourceTable;
    tenancy: TenancyTable;
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
  const compartments = await createCompartments({
    ...{ table: stores.compartments, commit, audit, ocids },
    root: tenancy.name,
    countIn: resources.countIn,
    namedBy: () => [],
    rewrite: async () => {},
    onChange: () => {},
  });
  compartments.onRenamed(resources.refresh);
  const slowDown = createSlowDown();
  return {
    tenancy: { name: tenancy.name, ocid: ocids.of('tenancy', 1) },
    ...{ ocids, resources, compartments, users, audit, slowDown },

    /** Writes what waits to be written. Nobody waits any longer. */
    async close(): Promise<void> {
      slowDown.close();
      await audit.settled();
    },
  };
}
