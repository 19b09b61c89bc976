import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createActions } from '../../src/fleet/actions.ts';
import { createAdvisories } from '../../src/fleet/advisories.ts';
import { createProfiles, type ProfilePackage } from '../../src/fleet/profiles.ts';
import type { NewRun, Run } from '../../src/fleet/run-types.ts';
import type { Work } from '../../src/fleet/run-work.ts';
import type { Build } from '../../src/fleet/updates.ts';
import { createFleetStores } from '../../src/fleet-stores.ts';
import { createOcids } from '../../src/identity/ocid.ts';
import type { Managed } from '../../src/managed.ts';
import { createRunsPart } from '../../src/runs-part.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export type Running = Awaited<ReturnType<typeof openRunning>>;

export interface World {
  folder: string;
  time: { now: number };
  /** What the sources of every instance have. */
  offered: Build[];
  /** What every instance lacks. */
  updates: Build[];
}

const minute = 60_000;
export const day = 24 * 60 * minute;

/** Runs on a state database of their own. */
export async function openRunning(world?: World) {
  const { folder, time, offered, updates } = world ?? {
    folder: await temporaryFolder(),
    time: { now: Date.parse('2026-11-22T12:00:00Z') },
    offered: [] as Build[],
    updates: [] as Build[],
  };
  const db = openState(dataPaths(folder));
  const stores = createFleetStores(db);
  const { commits: commit } = stores;
  const noted: string[] = [];
  const changed: number[] = [];
  const note = ({ event, subject }: { event: string; subject?: string | undefined }) =>
    void noted.push(`${event} ${subject}`);
  const settings = { actionTries: 3, actionPatienceMs: day, keepActionsMs: 90 * day };
  const instance = async (id: number) => {
    const row = await db
      .selectFrom('instance')
      .select(['id', 'name', 'capabilities', 'os_release as osRelease', 'compartment'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row as Awaited<ReturnType<Managed['instances']['get']>>;
  };
  const { runs, ofActions } = createRunsPart({
    fleetStores: stores,
    identity: { ocids: createOcids(Buffer.alloc(16, 7)), audit: { note } } as never,
    ...{ log: createLog('silent'), instance, clock: () => time.now },
    profiles: () => profiles,
    actions: () => actions,
    updates: () => ({
      builds: async () => updates,
      changed(what) {
        if (what !== 'all' && 'instance' in what) changed.push(what.instance);
      },
    }),
  });
  const profiles = createProfiles({ table: stores.profiles, commit, watch: runs.watch });
  const actions = await createActions({
    ...{ table: stores.actions, commit, instance, note, settings: () => settings },
    advisories: createAdvisories({
      table: stores.advisoryNumbers,
      channelsOf: async () => [],
      packagesIn: async () => [],
    }),
    installed: profiles.of,
    builds: async (_, names) => [
      { builds: offered.filter((b) => names.includes(b.name)), modular: [] },
    ],
    clock: () => time.now,
    ...ofActions,
  });
  const ended: Run[] = [];
  runs.onEnded((run) => ended.push(run));
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await runs.settled();
    await commit.settled();
    await db.destroy();
  }
  onTestFinished(close);

  const acting = (id: number) => instance(id) as Promise<{ id: number; capabilities: string }>;
  const next = async (id: number) => {
    const call = await actions.next(await acting(id), { uptimeSeconds: 1000 });
    await runs.settled();
    return call;
  };

  return {
    ...{ db, stores, runs, actions, profiles, settings, noted, changed, ended, time },
    ...{ offered, updates, close, next, world: { folder, time, offered, updates } },

    /** So many instances of Oracle Linux 8 that run scripts; their ids. */
    async instances(
      count: number,
      about: { release?: string; capabilities?: string } = {},
    ): Promise<number[]> {
      const { release = '8', capabilities = 'packages.update(2)=2,script.run(1)=1' } = about;
      const rows = await db
        .insertInto('instance')
        .values(
          Array.from({ length: count }, (_, i) => ({
            ...{ name: `host${i}`, capabilities, state: 'registered' as const },
            ...{ credential: randomBytes(32), os_name: 'oraclelinux-release' },
            ...{ os_release: release, arch: 'x86_64-redhat-linux', owner: 'admin' },
            registered_at: new Date(0).toISOString(),
          })),
        )
        .returning('id')
        .execute();
      return rows.map((row) => row.id);
    },

    start: (work: Work, instances: number[], about: Partial<NewRun> = {}) =>
      runs.start({
        ...{ work, instances, compartment: '', description: 'test', operationType: 'INSTALL' },
        by: 'user:ada',
        ...about,
      }),

    /** What a client says of an action. */
    async submit(
      id: number,
      action: number,
      { status = 0, message = 'done', data = {} as unknown } = {},
    ): Promise<void> {
      await actions.submit(await acting(id), action, { status, message, data });
      await runs.settled();
    },

    /** Lets an instance do all that there is for it. */
    async carryOut(id: number): Promise<void> {
      for (let call = await next(id); call; call = await next(id)) {
        await actions.submit(await acting(id), call.id, { status: 0, message: 'done', data: {} });
        await runs.settled();
      }
    },

    outcomes: async (id: number) =>
      (await runs.children(id, { limit: 1000 })).map((child) => child.outcome),
  };
}

/** As after a restart. */
export async function again({ world, close }: Running): Promise<Running> {
  await close();
  const restarted = await openRunning(world);
  await restarted.runs.recover();
  await restarted.runs.settled();
  return restarted;
}

export const build = (text: string): ProfilePackage => {
  const [, name, version, release, arch] = /^(.+)-([^-]+)-([^-]+)\.([^.]+)$/.exec(text)!;
  return { name: name!, epoch: '', version: version!, release: release!, arch: arch! };
};
