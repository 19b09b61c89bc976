import { type Call, type Methods, wrong } from '../call.ts';
import type { ListedChannel, SpacewalkDoor } from '../door.ts';

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
    return channels.map((channel) => described(channel, channels));
  },

  'up2date.subscribeChannels': async (call, door) => {
    const { id, labels, user } = await subscription(call, door);
    await door.channelLists.attach([id], labels, `user:${user}`);
    return 0;
  },

  'up2date.unsubscribeChannels': async (call, door) => {
    const { id, labels, user } = await subscription(call, door);
    await door.channelLists.detach([id], labels, `user:${user}`);
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
function described(channel: ListedChannel, all: readonly ListedChannel[]) {
  const parent = all.find(({ label }) => label === channel.parent);
  return {
    id: String(channel.id),
    label: channel.label,
    name: channel.name,
    arch: channel.arch.startsWith('channel-') ? channel.arch : `channel-${channel.arch}`,
    parent_channel: parent ? String(parent.id) : '',
    org_id: '',
    summary: channel.summary,
    description: channel.summary,
    local_channel: '0',
    last_modified: channel.lastModified,
    gpg_key_url: channel.gpgKeyUrl,
  };
}

async function subscription(call: Call, door: SpacewalkDoor) {
  const { id } = await call.instance();
  const labels = call.strings('labels');
  const name = call.string('username');
  const password = call.string('password');
  call.end();
  if (labels.length > 1000) throw wrong('a call may name 1000 channels at most');
  call.identify(`user:${name}`);
  return { id, labels, user: await door.users.check(name, password, call.address) };
}

async function unsolved(call: Call) {
  await call.instance();
  const names = call.strings('names');
  call.end();
  return Object.fromEntries(names.map((name) => [name, []]));
}
