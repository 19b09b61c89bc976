import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { refused } from '../../../fleet/refusals.ts';
import type { Methods } from '../call.ts';
import { faulty } from '../faults.ts';
import { channelId } from './up2date.ts';

/** Methods of `/rpc/api`, which has names of its own: what `spacewalk-channel -L` and scripts call. */
export function apiMethods(): Methods {
  const sessions = createSessions();
  return {
    'auth.login': async (call) => {
      const name = call.string('username');
      const password = call.string('password');
      call.end();
      return sessions.open(await call.user(name, password));
    },

    'auth.logout': async () => 1,

    'system.listChildChannels': async (call, door) => {
      const key = call.string('sessionKey');
      const id = call.int('id');
      call.end();
      const user = sessions.userOf(key);
      if (user === undefined) throw refused('login', 'the session is over: log in again');
      const instance = await door.instances.get(id);
      if (!instance) throw faulty(-9, `there is no instance ${id}`);
      door.registration.requireAllowed(user, instance, call.address);
      const attachable = await door.channelLists.attachable(instance);
      return attachable
        .filter((source) => source.parent !== undefined)
        .map(({ label, name }) => ({
          id: channelId(label),
          label,
          name,
          summary: name,
          has_license: '',
          gpg_key_url: '',
        }));
    },

    /** An instance takes its leave: the systemid is all that it needs for that. */
    'system.deleteSystem': async (call, door) => {
      const { id } = await call.instance();
      call.end();
      await door.instances.remove(id, { actor: `instance:${id}`, address: call.address });
      return 1;
    },
  };
}

/** Sessions of users, which last ten minutes and end with this process. */
function createSessions() {
  const secret = randomBytes(32);
  const lifetime = 600_000;
  const mac = (until: string, name: string) =>
    createHmac('sha256', secret).update(`${until}:${name}`).digest('hex');

  return {
    open(name: string): string {
      const until = String(Date.now() + lifetime);
      return `${until}.${Buffer.from(name).toString('base64url')}.${mac(until, name)}`;
    },
    /** Whose session a key is of; undefined where it is over, or none. */
    userOf(key: string): string | undefined {
      const [until = '', written = '', given = ''] = key.split('.');
      const name = Buffer.from(written, 'base64url').toString();
      const expected = Buffer.from(mac(until, name));
      const said = Buffer.from(given);
      const same = expected.length === said.length && timingSafeEqual(expected, said);
      return same && Number(until) > Date.now() ? name : undefined;
    },
  };
}
