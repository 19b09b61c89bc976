import { onTestFinished } from 'vitest';
import {
  type ActingInstance,
  type Actions,
  type ActionsDeps,
  createActions,
} from '../../src/fleet/actions.ts';
import { type AdvisoryPackage, createAdvisories } from '../../src/fleet/advisories.ts';
import type { Build } from '../../src/fleet/updates.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createActionTable } from '../../src/store/state/actions.ts';
import { createAdvisoryNumberTable } from '../../src/store/state/advisory-numbers.ts';
import { createGroupCommit } from '../../src/store/state/group-commit.ts';
import { openState, type StateDb } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export interface Acting {
  db: StateDb;
  actions: Actions;
  /** Two instances; the first runs scripts. */
  one: ActingInstance;
  two: ActingInstance;
  /** What time it is, in milliseconds; tests move it. */
  time: { now: number };
  settings: ReturnType<ActionsDeps['settings']>;
  /** What was noted for the audit trail: event and subject. */
  noted: string[];
  /** What the sources of every instance have of advisories. */
  shipped: Map<string, AdvisoryPackage[]>;
  /** What instances have. */
  installed: Map<number, Build[]>;
  /** What the sources of every instance have. */
  offered: { builds: Build[]; modular: { build: Build; stream: string }[]; updates: Build[] };
  /** So many more that run scripts; their ids. */
  addInstances(count: number): Promise<number[]>;
  /** As after a restart. */
  again(): Promise<Actions>;
}

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** Queues on a state database of their own, with two instances. */
export async function createActing(): Promise<Acting> {
  const db = openState(dataPaths(await temporaryFolder()));
  onTestFinished(() => db.destroy());
  const instances = new Map<number, ActingInstance & { name: string }>();
  async function addInstances(all: { name: string; capabilities: string }[]): Promise<number[]> {
    const rows = await db
      .insertInto('instance')
      .values(
        all.map(({ name, capabilities }) => ({
          ...{ name, capabilities, state: 'registered', credential: Buffer.alloc(32) },
          ...{ os_name: 'oraclelinux-release', os_release: '8', arch: 'x86_64-redhat-linux' },
          ...{ owner: 'admin', registered_at: new Date(0).toISOString() },
        })),
      )
      .returning(['id', 'name', 'capabilities'])
      .execute();
    for (const row of rows) instances.set(row.id, row);
    return rows.map((row) => row.id);
  }
  await addInstances([
    { name: 'one', capabilities: 'packages.update(2)=2,script.run(1)=1' },
    { name: 'two', capabilities: 'packages.update(2)=2' },
  ]);
  const [one, two] = [...instances.values()];
  const time = { now: Date.parse('2026-11-22T12:00:00Z') };
  const settings = { actionTries: 3, actionPatienceMs: day, keepActionsMs: 90 * day };
  const shipped = new Map<string, AdvisoryPackage[]>();
  const noted: string[] = [];
  const installed = new Map<number, Build[]>();
  const offered: Acting['offered'] = { builds: [], modular: [], updates: [] };
  const commit = createGroupCommit(db);
  const advisories = createAdvisories({
    table: createAdvisoryNumberTable(db),
    channelsOf: async () => ['base'],
    packagesIn: async (_, advisory) => shipped.get(advisory) ?? [],
  });
  const again = () =>
    createActions({
      ...{ table: createActionTable(db), commit, advisories },
      installed: async (id) => installed.get(id) ?? [],
      builds: async (_, names) => [
        { ...offered, builds: offered.builds.filter((b) => names.includes(b.name)) },
      ],
      instance: async (id) => instances.get(id),
      updates: async () => offered.updates,
      settings: () => settings,
      note: ({ event, subject }) => noted.push(`${event} ${subject}`),
      clock: () => time.now,
    });
  const many = (count: number) =>
    addInstances(
      Array.from({ length: count }, (_, i) => ({ name: `n${i}`, capabilities: 'script.run(1)=1' })),
    );
  const actions = await again();
  return {
    db,
    actions,
    one: one!,
    two: two!,
    time,
    settings,
    noted,
    shipped,
    installed,
    offered,
    again,
    addInstances: many,
  };
}

/** What a client says of an action that it carried out. */
export const done = { status: 0, message: 'done', data: {} };
