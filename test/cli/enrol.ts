import { join } from 'node:path';
import { machine, openFleet } from '../fleet/fleet.ts';
import type { Place } from './headwater.ts';

/** Registers machines with a key, as the server would; gives the id of the first. */
export async function enrol(place: Place, key: string, count = 1): Promise<number> {
  const fleet = await openFleet({}, join(place.folder, 'data'));
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    const name = `web${i}.example.com`;
    const { instance } = await fleet.registration.register(machine([key], { name }), '192.0.2.1');
    fleet.instances.seen(instance, { address: '192.0.2.1', kernel: '5.4.17' });
    ids.push(instance.id);
  }
  const pkg = { epoch: '', version: '1', release: '1', arch: 'noarch' };
  await fleet.profiles.replace(ids[0]!, [
    { name: 'a', ...pkg },
    { name: 'b', ...pkg },
  ]);
  await fleet.instances.setHardware(ids[0]!, [{ class: 'CPU', count: 2 }]);
  await fleet.close();
  return ids[0]!;
}
