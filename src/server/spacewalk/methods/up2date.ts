import { crc32 } from 'node:zlib';
import type { ListedChannel } from '../../../fleet/channel-lists.ts';
import type { Instance } from '../../../fleet/instances.ts';
import { refused } from '../../../fleet/refusals.ts';
import { type Call, type Methods, wrong } from '../call.ts';
import type { SpacewalkDoor } from '../door.ts';

/** Logging in and channels. */
export const up2dateMethods: Methods = {
  'up2date.login': async (call, door) => {
    const instance = await call.instance();
    call.end();
    const token = await door.tokens.issue(instance);
    const channels = await door.channelLists.list(instance);
    return {
      'X-RHN-Server-Id': Number(token.serverId),
      'X-RHN-Auth-User-Id': token.userId,
      'X-RHN-Auth': token.auth,
      'X-RHN-Auth-Server-Time': token.serverTime,
      'X-RHN-Auth-Expire-Offset': token.expireOffset,
      'X-RHN-Auth-Channels': channels.map(({ label, lastModified, parent }) => [
        label,
        lastModified,
        parent === undefined ? '1' : '0',
        '0',
      ]),
    };
  },

  'up2date.listChannels': async (call, door) => {
    const instance = await call.instance();
    call.end();
    const channels = await door.channelLists.list(instance);
    return channels.map((channel) => described(channel, instance));
  },

  'up2date.subscribeChannels': async (call, door) => {
    const { instance, labels, user } = await subscription(call, door);
    const has = (await door.channelLists.list(instance)).find((c) => labels.includes(c.label));
    if (has) throw refused('attached_already', `${has.label} is attached already`);
    await door.channelLists.attach([instance.id], labels, { by: `user:${user}` });
    return 0;
  },

  'up2date.unsubscribeChannels': async (call, door) => {
    const { instance, labels, user } = await subscription(call, door);
    const had = (await door.channelLists.attached(instance.id)).map(({ label }) => label);
    const unknown = labels.find((label) => !had.includes(label));
    if (unknown !== undefined) throw refused('no_such_channel', `${unknown} is not attached`);
    await door.channelLists.detach([instance.id], labels, `user:${user}`);
    return 0;
  },

  'up2date.history': async (call) => {
    await call.instance();
    call.end();
    return 0;
  },

  // Clients of old asked what else a package needs; nothing is answered, and they find out themselves.
  'up2date.solvedep': unsolved,
  'up2date.solveDependencies': unsolved,
  'up2date.solveDependencies_arch': unsolved,
  'up2date.solveDependencies_with_limits': unsolved,
};

/** All strings, as in Spacewalk, and none missing: clients break without some of them. */
function described(channel: ListedChannel, instance: Instance) {
  const { label, name, parent } = channel;
  return {
    id: String(channelId(label)),
    label,
    name,
    arch: `channel-${channel.arch ?? instance.arch.split('-')[0]}`,
    parent_channel: parent === undefined ? '' : String(channelId(parent)),
    org_id: '',
    summary: name,
    description: name,
    local_channel: '0',
    last_modified: channel.lastModified,
    gpg_key_url: channel.gpgKeyUrl,
  };
}

/** A number of 31 bits for a label: clients want one, and do nothing with it but compare. */
export const channelId = (label: string): number => crc32(label) >>> 1 || 1;

async function subscription(call: Call, door: SpacewalkDoor) {
  const instance = await call.instance();
  const labels = call.strings('labels');
  const name = call.string('username');
  const password = call.string('password');
  call.end();
  if (labels.length > 1000) throw wrong('a call may name 1000 channels at most');
  const user = await call.user(name, password);
  door.registration.requireAllowed(user, instance, call.address);
  return { instance, labels, user };
}

async function unsolved(call: Call) {
  await call.instance();
  const names = call.strings('names');
  call.end();
  return Object.fromEntries(names.map((name) => [name, []]));
}
