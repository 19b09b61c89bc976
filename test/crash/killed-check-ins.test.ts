import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ProfilePackage } from '../../src/fleet/profiles.ts';
import { createProfiles } from '../../src/fleet/profiles.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createGroupCommit } from '../../src/store/state/group-commit.ts';
import { createProfileTable } from '../../src/store/state/profiles.ts';
import { openState } from '../../src/store/state/state.ts';
import type { Server } from '../cli/headwater.ts';
import { randomFrom } from '../support/random.ts';
import { call, placeForMachines, register } from './registering.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
const machines = 8;
const kills = 4;

it(`What a machine was told is done is there after a SIGKILL (CRASH_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const random = randomFrom(seed);
  const place = await placeForMachines();
  const made = await place.json<{ key: string }>('key', 'create', '--name', 'k');
  /** Of each machine: its systemid, and the profile that was acknowledged last and those that were sent after it. */
  const known = new Map<number, { systemid: string; last: string; sent: string[] }>();
  let serving = true;

  async function update(server: Server, id: number, round: number): Promise<void> {
    const machine = known.get(id)!;
    for (let turn = 0; serving; turn++) {
      const version = `${round}.${turn}`;
      machine.sent.push(version);
      const installed = Array.from({ length: 50 }, (_, i) => packageOf(i, i < 3 ? version : '1'));
      await call(server, 'registration.update_packages', machine.systemid, installed);
      machine.last = version;
      machine.sent = [];
    }
  }

  for (let round = 1; round <= kills; round++) {
    const server = await place.serve();
    while (known.size < (machines * round) / kills) {
      const { id, systemid } = await register(server, made.value.key);
      await call(server, 'registration.add_packages', systemid, []);
      known.set(id, { systemid, last: '', sent: [] });
    }
    serving = true;
    // The connection of whoever is not answered breaks.
    const work = Promise.allSettled([...known.keys()].map((id) => update(server, id, round)));
    await sleep(100 + random() * 400);
    serving = false;
    await server.stop('SIGKILL');
    await work;
    const profiles = await read(join(place.folder, 'data'));
    for (const [id, { last, sent }] of known) {
      const versions = new Set((await profiles(id)).slice(0, 3).map((p) => p.version));
      expect(versions.size, `instance ${id} has a part of a profile`).toBe(1);
      // What was not acknowledged may be there or not.
      expect([last, ...sent]).toContain([...versions][0]);
    }
  }
  const server = await place.serve();
  for (const { systemid } of known.values()) await call(server, 'up2date.listChannels', systemid);
});

const packageOf = (i: number, version: string) => ({
  ...{ name: `package-${String(i).padStart(3, '0')}`, epoch: '', version, release: '1' },
  ...{ arch: 'noarch', installtime: 1_700_000_000 },
});

/** Reads the profiles of a data folder that nobody holds, packages by name. */
async function read(data: string): Promise<(id: number) => Promise<ProfilePackage[]>> {
  const state = openState(dataPaths(data));
  const commit = createGroupCommit(state);
  const profiles = createProfiles({ table: createProfileTable(state), commit });
  const all = new Map<number, ProfilePackage[]>();
  for (const { instance } of await state.selectFrom('profile').select('instance').execute()) {
    const list = await profiles.of(instance);
    all.set(
      instance,
      list.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }
  await state.destroy();
  return async (id) => all.get(id) ?? [];
}
