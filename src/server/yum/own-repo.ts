import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Access, Authenticated, OfferedChannel } from '../access.ts';
import { keepPrivate } from './gate.ts';

export interface OwnRepoDoor {
  access: Access;
  isOwnAuthority(): boolean;
  publicUrl(ctx: Context): string;
  /** The section of a `.repo` file for a channel. */
  section(ctx: Context, channel: OfferedChannel): Promise<string | undefined>;
}

/** Where machines keep what they get from here. */
const places = {
  authority: '/usr/share/rhn/RHN-ORG-TRUSTED-SSL-CERT',
  certificate: '/etc/pki/headwater/instance.pem',
  key: '/etc/pki/headwater/instance.key',
};

/** `/instances/self/headwater.repo`: an instance's own `.repo` file, with a section for each channel that it has. */
export function addOwnRepoRoute(router: Router, door: OwnRepoDoor): void {
  router.get('/instances/self/headwater.repo', async (ctx) => {
    const found = await door.access.required(ctx);
    const secure = door.publicUrl(ctx).startsWith('https:');
    const more = [
      ...(door.access.isRegistered() ? credentials(found, secure) : []),
      ...(secure && door.isOwnAuthority() ? [`sslcacert=${places.authority}`] : []),
    ]
      .map((line) => `${line}\n`)
      .join('');
    const channels = await door.access.offered(found.instance);
    const sections = await Promise.all(channels.map((channel) => door.section(ctx, channel)));
    ctx.set('Cache-Control', 'no-store');
    ctx.type = 'text/plain';
    ctx.body = `${[
      `# Channels of instance ${found.instance.id}; made by Headwater.\n`,
      ...sections.flatMap((section) => (section === undefined ? [] : [section + more])),
    ].join('\n')}`;
    keepPrivate(ctx);
  });
}

/**
 * What lets this instance read its channels. Only a password that it has sent itself is written down for it: there is none
 * here, and none is made. Machines that log in need nothing: their plugin sends the token.
 */
function credentials({ instance, way, password }: Authenticated, secure: boolean): string[] {
  if (way === 'password') return [`username=${instance.id}`, `password=${password}`];
  if (way === 'token' || !secure) return [];
  return [`sslclientcert=${places.certificate}`, `sslclientkey=${places.key}`];
}
