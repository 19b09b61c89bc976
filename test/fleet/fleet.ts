import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { type FleetSettings, readFleet } from '../../src/cli/fleet-section.ts';
import { createGroups } from '../../src/fleet/groups.ts';
import { createInstanceChanges } from '../../src/fleet/instance-changes.ts';
import { createInstances } from '../../src/fleet/instances.ts';
import { createProfiles } from '../../src/fleet/profiles.ts';
import { createRegistration, type RegistrationRequest } from '../../src/fleet/registration.ts';
import { createRegistrationKeys, type NewKey } from '../../src/fleet/registration-keys.ts';
import { createFleetStores } from '../../src/fleet-stores.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { createIdentityStores } from '../../src/identity-stores.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

export type TestFleet = Awaited<ReturnType<typeof compose>> & {
  /** Opens the same database anew, as after a restart. */
  again(): Promise<TestFleet>;
};

export interface FleetKnobs {
  settings?: Partial<FleetSettings>;
  /** Throws to refuse. */
  onAttach?: (ids: number[], labels: string[]) => void;
  /** Throws to refuse what registration keys name together. */
  onPlan?: (labels: readonly string[]) => void;
}

/** The rules of managed instances on a database of the test's own. */
export async function openFleet(knobs: FleetKnobs = {}, folder?: string): Promise<TestFleet> {
  const root = folder ?? join(await temporaryFolder(), 'data');
  await mkdir(root, { recursive: true });
  const fleet = await compose(root, knobs);
  const again = async () => {
    await fleet.close();
    return openFleet(knobs, root);
  };
  return { ...fleet, again };
}

async function compose(root: string, knobs: FleetKnobs) {
  const state = openState(dataPaths(root));
  const tables = createFleetStores(state);
  const { commits: commit } = tables;
  const log = createLog('silent');
  const settings = { ...readFleet({}), ...knobs.settings };
  /** What was attached, detached and given at first, in order. */
  const attached: unknown[] = [];
  const identity = await createIdentity({
    ...{ stores: createIdentityStores(state), commit, log },
    keepAuditMs: () => settings.keepAuditMs,
  });
  const { audit, users } = identity;
  const instances = createInstances({ table: tables.instances, commit, audit, log });
  const keys = createRegistrationKeys({ table: tables.registrationKeys, audit });
  const profiles = createProfiles({ table: tables.profiles, commit });
  instances.onRemoved(profiles.forget);
  instances.onReplaced(profiles.forget);
  const { resources, compartments } = identity;
  const groups = createGroups({
    ...{ table: tables.groups, commit, audit, instances },
    ...{ resources, hasCompartment: compartments.has },
    async attach(ids, labels) {
      knobs.onAttach?.(ids, labels);
      attached.push({ attach: ids, labels });
    },
    async detach(ids, labels) {
      attached.push({ detach: ids, labels });
    },
  });
  const instanceChanges = createInstanceChanges({
    ...{ table: tables.instances, settings: tables.instanceSettings },
    ...{ commit, audit, instances },
  });
  const registration = createRegistration({
    ...{ instances, keys, users, may: identity, audit, commit },
    instanceTable: tables.instances,
    keyTable: tables.registrationKeys,
    groupTable: tables.groups,
    requireOneParent: async (_system, labels) => knobs.onPlan?.(labels),
    async attachInitial(instance, { labels, groups: names }) {
      knobs.onAttach?.([instance.id], labels);
      attached.push({ initial: instance.id, labels, groups: names });
    },
    unfinishedMs: () => settings.unfinishedMs,
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await instances.close();
    await identity.close();
    await commit.settled();
    await state.destroy();
  };
  onTestFinished(close);
  let made = 0;
  return {
    ...{
      state,
      commit,
      attached,
      identity,
      audit,
      instances,
      instanceChanges,
      users,
      keys,
      profiles,
      groups,
      registration,
      close,
    },

    /** Makes a key that can be used any number of times; gives what machines present. */
    async key(about: Partial<NewKey> = {}): Promise<string> {
      const { compartment } = about;
      if (compartment && !identity.compartments.has(compartment)) {
        await identity.compartments.create(compartment, '', 'ada');
      }
      return (await keys.create({ ...plainKey, name: `key${++made}`, ...about }, 'ada')).key;
    },

    /** Makes a user who may register machines. */
    async registrar(name: string, password: string): Promise<void> {
      await users.add(name, password, { by: 'root' });
      await identity.userGroups.join('Registrars', [name], 'root');
    },

    audited: (event: string) => audit.query({ event, limit: 100 }),
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
