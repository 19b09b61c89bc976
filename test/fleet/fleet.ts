import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { type FleetSettings, readFleet } from '../../src/cli/fleet-section.ts';
import type { RegistrationRequest } from '../../src/fleet/registration.ts';
import type { NewKey } from '../../src/fleet/registration-keys.ts';
import { createFleet, type Fleet } from '../../src/fleet.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createGroupCommit } from '../../src/store/state/group-commit.ts';
import { openState, type StateDb } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export interface TestFleet extends Fleet {
  state: StateDb;
  /** What was attached, detached and given at first, in order. */
  attached: unknown[];
  /** Opens the same database anew, as after a restart. */
  again(): Promise<TestFleet>;
  /** Makes a key that can be used any number of times; gives what machines present. */
  key(about?: Partial<NewKey>): Promise<string>;
  audited(
    event: string,
  ): Promise<
    { actor: string; instance: number | null; subject: string | null; detail: string | null }[]
  >;
}

export interface FleetKnobs {
  settings?: Partial<FleetSettings>;
  /** Throws to refuse. */
  onAttach?: (ids: number[], labels: string[]) => void;
}

/** The rules of managed instances on a database of the test's own. */
export async function openFleet(knobs: FleetKnobs = {}, folder?: string): Promise<TestFleet> {
  const root = folder ?? join(await temporaryFolder(), 'data');
  await mkdir(root, { recursive: true });
  const state = openState(dataPaths(root));
  const attached: unknown[] = [];
  const fleet = createFleet({
    state,
    commit: createGroupCommit(state),
    log: createLog('silent'),
    settings: () => ({ ...readFleet({}), ...knobs.settings }),
    async attachInitial(instance, { labels, groups }) {
      knobs.onAttach?.([instance.id], labels);
      attached.push({ initial: instance.id, labels, groups });
    },
    async attach(ids, labels) {
      knobs.onAttach?.(ids, labels);
      attached.push({ attach: ids, labels });
    },
    async detach(ids, labels) {
      attached.push({ detach: ids, labels });
    },
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await fleet.close();
    await state.destroy();
  };
  onTestFinished(close);
  let made = 0;
  return {
    ...fleet,
    close,
    state,
    attached,
    async again() {
      await close();
      return openFleet(knobs, root);
    },
    async key(about = {}) {
      return (await fleet.keys.create({ ...plainKey, name: `key${++made}`, ...about }, 'ada')).key;
    },
    audited: async (event) => fleet.audit.query({ event, limit: 100 }),
  };
}

export const plainKey: NewKey = {
  name: 'plain',
  reactivates: null,
  takeoverMs: null,
  sources: [],
  groups: [],
  tags: [],
  compartment: null,
  uses: null,
  expiresAt: null,
};

export const machine = (
  keys: string[],
  about: Partial<RegistrationRequest> = {},
): RegistrationRequest => ({
  name: 'client1.example.com',
  osName: 'oraclelinux-release',
  osRelease: '8',
  arch: 'x86_64',
  keys,
  ...about,
});
