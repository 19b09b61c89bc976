import type { XmlRpcValue } from '../../../base/xmlrpc-value.ts';
import { refused } from '../../../fleet/refusals.ts';
import type { RegistrationRequest } from '../../../fleet/registration.ts';
import { type Call, isStruct, type Methods } from '../call.ts';
import type { SpacewalkDoor } from '../door.ts';
import { faulty } from '../faults.ts';
import { composeSystemid } from '../systemid.ts';

/** Registering, and what else concerns the systemid. */
export const registrationMethods: Methods = {
  'registration.new_system': async (call, door) => {
    const system = call.struct('system');
    call.end();
    const { systemid } = await register(call, door, system);
    return systemid;
  },

  'registration.new_system_user_pass': async (call, door) => {
    const profile_name = call.string('profile_name');
    const release_name = call.string('release_name');
    const os_release = call.string('version');
    const architecture = call.string('arch');
    const username = call.string('username');
    const password = call.string('password');
    const other = call.value();
    call.end();
    const named = { profile_name, release_name, os_release, architecture, username, password };
    const { instance, systemid } = await register(call, door, {
      ...(isStruct(other) && other),
      ...named,
      token: '',
    });
    const channels = (await door.channelLists.list(instance)).map(({ label }) => label);
    return {
      system_id: systemid,
      channels,
      failed_channels: [],
      system_slots: [],
      failed_system_slots: [],
      universal_activation_key: [],
    };
  },

  'registration.upgrade_version': async (call, door) => {
    const { id } = await call.instance();
    const release = call.string('version');
    call.end();
    if (!headerSafe.test(release)) throw refused('incomplete', 'the new release is not named');
    // The answer must have just this release: clients ask again for ever otherwise.
    const instance = await door.instances.setRelease(id, release);
    await door.channelLists.moveToRelease(instance);
    return composeSystemid(instance, call.credential());
  },

  'registration.update_systemid': async (call) => {
    const instance = await call.instance();
    call.end();
    return composeSystemid(instance, call.credential());
  },

  /** What rhn_register asks to see whether a name and a password are right. */
  'registration.reserve_user': async (call) => {
    await user(call);
    return 1;
  },

  'registration.get_possible_orgs': async (call) => {
    await user(call);
    return { orgs: { '1': 'Headwater' }, default_org: 1 };
  },

  /** There are no channels of extended support, which is why their capability is not announced either. */
  'registration.available_eus_channels': async (call) => {
    await user(call);
    return { default_channel: '', receiving_updates: [], channels: {} };
  },

  'registration.anonymous': async () => {
    throw faulty(-28, 'an anonymous registration is not possible');
  },
  'registration.activate_hardware_info': async () => {
    throw faulty(-601, 'this hardware entitles to nothing');
  },
  'registration.activate_registration_number': async () => {
    throw faulty(-602, 'registration numbers entitle to nothing here');
  },
};

async function register(call: Call, door: SpacewalkDoor, system: Record<string, XmlRpcValue>) {
  const { agentVersion, capabilities } = call.about();
  const request = { ...requestOf(system), agentVersion, capabilities };
  const byUser = request.keys.length === 0 && request.user;
  const claimed = byUser ? `user:${byUser.name}` : 'registration';
  const { instance, credential } = await call.proven(
    claimed,
    door.registration.register(request, call.address),
  );
  return { instance, systemid: composeSystemid(instance, credential) };
}

function requestOf(system: Record<string, XmlRpcValue>): RegistrationRequest {
  const said = (name: string) => {
    const value = system[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  };
  const [osName, osRelease, arch] = [
    said('release_name'),
    said('os_release'),
    said('architecture'),
  ];
  if (!headerSafe.test(osRelease) || !headerSafe.test(arch))
    throw refused('incomplete', 'a registration must say its release and its architecture');
  const uuid = isStruct(system.smbios) ? system.smbios['smbios.system.uuid'] : undefined;
  const keys = said('token')
    .split(',')
    .map((key) => key.trim());
  // A password may begin or end with a space.
  const password = typeof system.password === 'string' ? system.password : '';
  return {
    name: said('profile_name'),
    osName,
    osRelease,
    arch,
    keys: keys.filter(Boolean),
    ...(said('username') && { user: { name: said('username'), password } }),
    smbiosUuid: typeof uuid === 'string' ? uuid : undefined,
  };
}

/** Releases and architectures go into systemids and are compared: printable ASCII. */
const headerSafe = /^[\x21-\x7e]{1,64}$/;

/** The user whose name and password are the next two parameters. */
async function user(call: Call): Promise<string> {
  const name = call.string('username');
  const password = call.string('password');
  call.end();
  return call.user(name, password);
}
