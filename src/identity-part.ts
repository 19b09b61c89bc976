import type { Log } from './base/log.ts';
import type { FleetSettings } from './cli/fleet-section.ts';
import { createIdentity, type Identity } from './identity/identity.ts';
import type { Stores } from './stores.ts';

interface Deps extends Pick<Stores, 'identityStores' | 'fleetStores'> {
  log: Log;
  settings(): FleetSettings;
}

/** Who asks, and what they may. */
export function createIdentityPart(deps: Deps): Promise<Identity> {
  return createIdentity({
    ...{ stores: deps.identityStores, commit: deps.fleetStores.commits, log: deps.log },
    keepAuditMs: () => deps.settings().keepAuditMs,
  });
}
