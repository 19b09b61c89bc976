import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillIn } from '../../src/base/fill-in.ts';
import type { Config } from '../../src/cli/config.ts';
import { createOcids } from '../../src/identity/ocid.ts';
import { createResources } from '../../src/identity/resources.ts';
import type { OsmsDeps } from '../../src/server/osms/door.ts';
import type { Answer, Call } from '../../src/server/osms/operation.ts';
import { sourceOperations } from '../../src/server/osms/sources.ts';
import { createSourceSet } from '../../src/source-set.ts';
import { createSourceStates } from '../../src/source-states.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createAttachmentTable } from '../../src/store/state/attachments.ts';
import { createCustomPackageTable } from '../../src/store/state/custom-packages.ts';
import { createResourceTable } from '../../src/store/state/resources.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { createSourceTable } from '../../src/store/state/sources.ts';
import { openState } from '../../src/store/state/state.ts';
import { createSyncTable } from '../../src/store/state/syncs.ts';

const syncsOfEach = 50;

/** So many mirrored sources in the root compartment, each with a revision and a history; lists them a page at a time. */
export async function createSourceLists(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
  const state = openState(dataPaths(folder));
  const revisions = createRevisionTable(state);
  const syncs = createSyncTable(state);
  const labels = Array.from({ length: count }, (_, i) => `source-${i}`);
  const at = new Date().toISOString();
  await state.transaction().execute(async (tx) => {
    for (const [i, label] of labels.entries()) {
      const manifest = String(i).padStart(64, '0');
      const revision = { label, number: 1, manifest, published_at: at, derived: 0 };
      await tx.insertInto('revision').values(revision).execute();
      await tx.insertInto('ref').values({ label, name: 'current', revision: 1 }).execute();
      const sync = { label, started_at: at, finished_at: at, packages: null, revision: 1 };
      const all = Array.from({ length: syncsOfEach }, (_, n) => ({
        ...sync,
        ...(n === 0 ? { outcome: 'updated', packages: 10_000 } : { outcome: 'unchanged' }),
      }));
      await tx.insertInto('sync').values(all).execute();
    }
  });
  const config = {
    file: 'headwater.yaml',
    sources: labels.map((label) =>
      fillIn({ label, upstream: `https://upstream.example/${label}/` }, '/', 'file'),
    ),
  } as unknown as Config;
  const sources = await createSourceSet(
    { sourceTable: createSourceTable(state), customPackages: createCustomPackageTable(state) },
    config,
  );
  const ocids = createOcids(Buffer.alloc(16));
  const resources = await createResources({ table: createResourceTable(state), ocids });
  const states = createSourceStates({
    ...{ sources, revisions, syncs, count: () => null, derived: { problem: () => null } },
    fleetStores: { attachments: createAttachmentTable(state) },
  });
  const root = ocids.of('tenancy', 1);
  const deps = {
    operations: states,
    identity: { resources, ocids, compartments: { ocidOf: () => root } },
    sources,
  } as unknown as OsmsDeps;
  const list = sourceOperations(deps).find((one) => one.id === 'listSoftwareSources')!;

  return {
    /** Asks for one page after the other, and then from the beginning again. */
    pages(query: Record<string, string>): () => Promise<void> {
      let next: string | undefined;
      return async () => {
        const answer: Answer = await list.handle({
          query: list.query?.parse({ compartmentId: root, ...query, ...(next && { page: next }) }),
          target: { compartment: '' },
        } as unknown as Call);
        JSON.stringify(answer.body);
        next = answer.nextPage;
      };
    },

    async close(): Promise<void> {
      await state.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
