import { type Call, type Methods, wrong } from '../call.ts';
import type { SpacewalkDoor } from '../door.ts';
import { packageOf } from '../profile-packages.ts';

/** What a machine says of itself: its packages and its hardware. */
export const profileMethods: Methods = {
  // rhnreg_ks sends these two before it has stored the systemid.
  'registration.add_packages': async (call, door) => {
    const { id } = await call.instance({ confirms: false });
    const added = call.packages('packages');
    call.end();
    await door.profiles.change(id, { added, deleted: [] });
    return 0;
  },
  'registration.add_hw_profile': (call, door) => hardware(call, door, false),

  'registration.update_packages': async (call, door) => {
    const { id } = await call.instance();
    const packages = call.packages('packages');
    call.end();
    await door.profiles.replace(id, packages);
    return 0;
  },

  'registration.delete_packages': async (call, door) => {
    const { id } = await call.instance();
    const deleted = call.packages('packages');
    call.end();
    await door.profiles.change(id, { added: [], deleted });
    return 0;
  },

  'registration.delta_packages': async (call, door) => {
    const { id } = await call.instance();
    const { added = [], deleted = [] } = call.struct('packages');
    call.end();
    if (!Array.isArray(added) || !Array.isArray(deleted))
      throw wrong('added and deleted packages must be arrays');
    await door.profiles.change(id, {
      added: added.map(packageOf),
      deleted: deleted.map(packageOf),
    });
    return 0;
  },

  'registration.refresh_hw_profile': (call, door) => hardware(call, door, true),
};

async function hardware(call: Call, door: SpacewalkDoor, confirms: boolean): Promise<number> {
  const { id } = await call.instance({ confirms });
  const entries = call.structs('hardware');
  call.end();
  await door.instances.setHardware(id, entries);
  return 0;
}
