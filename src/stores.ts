import { createAuthStores } from './auth-stores.ts';
import { explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { takeDataFolder } from './data-folder.ts';
import { createFleetStores } from './fleet-stores.ts';
import { createIdentityStores } from './identity-stores.ts';
import { createNotifyStores } from './notify-stores.ts';
import { createOsmsStores } from './osms-stores.ts';
import { catchUp } from './store/catalogue/catch-up.ts';
import { createRebuild, openOrReplace } from './store/catalogue/rebuild.ts';
import { createLeases } from './store/collect/leases.ts';
import { createObjects } from './store/objects/objects.ts';
import { createCustomPackageTable } from './store/state/custom-packages.ts';
import { createDefinitionTable } from './store/state/definitions.ts';
import { createKeepingTable } from './store/state/keeping.ts';
import { createMoveTable } from './store/state/moves.ts';
import { createPackageCheckTable } from './store/state/package-checks.ts';
import { createRevisionTable } from './store/state/revisions.ts';
import { createSnapshotTable } from './store/state/snapshots.ts';
import { createSourceTable } from './store/state/sources.ts';
import { openState } from './store/state/state.ts';
import { createSyncTable } from './store/state/syncs.ts';

/**
 * Takes a data folder and opens what is in it: the catalogue is brought to what state says. What is opened is handed to
 * `undo`, to be called in reverse. Throws AppErrors, and what SQLite says of a damaged state.
 */
export async function openStores(folder: string, log: Log, undo: (() => unknown)[]) {
  const { paths, socket, release } = await takeDataFolder(folder);
  undo.push(release);
  const objects = createObjects(paths);
  await objects.sweepTemporary();
  const state = openState(paths);
  undo.push(() => state.destroy());
  const revisions = createRevisionTable(state);
  const syncs = createSyncTable(state);
  await syncs.closeInterrupted();
  const catalogue = await openOrReplace(paths, () => log.warn('the catalogue is damaged'));
  undo.push(() => catalogue.close());
  const caughtUp = await catchUp(catalogue, revisions).catch((error) => {
    // Documents can be served without it, and `doctor` says more.
    log.error({ reason: explain(error) }, 'the catalogue cannot be read');
    return undefined;
  });
  const { mended, skipped } = caughtUp ?? { mended: [], skipped: [] };
  if (mended.length > 0) log.warn({ sources: mended, skipped }, 'catalogue indexed again');
  return {
    paths,
    socket,
    objects,
    catalogue,
    leases: createLeases(),
    rebuild: createRebuild({ catalogue, revisions, paths }),
    revisions,
    syncs,
    customPackages: createCustomPackageTable(state),
    definitions: createDefinitionTable(state),
    keeping: createKeepingTable(state),
    moves: createMoveTable(state),
    packageChecks: createPackageCheckTable(state),
    snapshotTable: createSnapshotTable(state),
    sourceTable: createSourceTable(state),
    fleetStores: createFleetStores(state),
    authStores: createAuthStores(state),
    identityStores: createIdentityStores(state),
    notifyStores: createNotifyStores(state),
    osmsStores: createOsmsStores(state),
  };
}

export type Stores = Awaited<ReturnType<typeof openStores>>;
