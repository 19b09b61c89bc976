import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import type { Instance } from '../../fleet/instances.ts';
import { refusalOf } from '../../fleet/refusals.ts';
import { decoded, noSuch } from '../yum/channel-files.ts';
import type { SpacewalkDoor } from './door.ts';
import { fault } from './faults.ts';

/** Below the second element, which says nothing: a channel's label, and what of it. */
export const downloadPath = /^\/XMLRPC\/(?:GET-REQ|\$RHN|%24RHN)\/([^/]+)\/(.+)$/;

/** Answers plugins with files of the channels that their instance has attached. Throws AppErrors. */
export async function download(door: SpacewalkDoor, ctx: Context): Promise<void> {
  const instance = await bearer(door, ctx);
  if (!instance) return;
  const [, rawLabel, rawPath] = downloadPath.exec(ctx.path)!;
  const label = decoded(rawLabel!);
  const channel = await door.channelLists.served(instance, label);
  // What is not attached is answered as what is not there.
  if (channel === undefined) {
    const about = { instance: instance.id, subject: label, address: door.clientAddress(ctx) };
    door.audit.note({ actor: `instance:${instance.id}`, event: 'channel.refused', ...about });
    throw noSuch('file');
  }
  if (rawPath === 'repodata/repomd.xml') await door.fresh(channel);
  // The token goes along wherever a client is sent: so it is sent nowhere.
  await door.files.send(ctx, channel, rawPath!, { redirects: false });
  const policy = ctx.response.get('Cache-Control').replace(/^public(, )?/, '');
  ctx.set('Cache-Control', policy ? `private, ${policy}` : 'private');
}

/** The instance whose login token the request carries; undefined where it has been answered that it carries none. */
async function bearer(door: SpacewalkDoor, ctx: Context): Promise<Instance | undefined> {
  const serverId = ctx.get('X-RHN-Server-Id');
  try {
    return await door.tokens.verify({
      serverId,
      userId: ctx.get('X-RHN-Auth-User-Id'),
      auth: ctx.get('X-RHN-Auth'),
      serverTime: ctx.get('X-RHN-Auth-Server-Time'),
      expireOffset: ctx.get('X-RHN-Auth-Expire-Offset'),
    });
  } catch (error) {
    const reason: string | undefined = refusalOf(error);
    if (!(error instanceof AppError) || !reason?.startsWith('token_')) throw error;
    if (reason === 'token_invalid') {
      const [address, subject] = [door.clientAddress(ctx), `instance:${serverId.slice(0, 20)}`];
      door.audit.note({ actor: 'anyone', event: 'refused', subject, address, detail: reason });
      await door.slowDown.failed(address, subject);
    }
    const { code, text } = fault(reason === 'token_expired' ? -34 : -33, error.message);
    ctx.status = 401;
    ctx.set('X-RHN-Fault-Code', String(code));
    // Python 2 clients decode it. On an answer to a POST it would break those of Python 3.
    ctx.set(
      'X-RHN-Fault-String',
      Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/g)!,
    );
    ctx.type = 'text/plain';
    ctx.body = `${error.message}\n`;
    return undefined;
  }
}
