import { hash } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import { type Source, serverKeys } from '../../base/source.ts';
import { channelName } from '../../channels/channels.ts';
import { channelUrl, repoFile } from '../../channels/repofile.ts';
import { type Access, type OfferedChannel, tokenOf } from '../access.ts';
import { type ChannelFiles, type ChannelFilesDeps, decoded, noSuch } from './channel-files.ts';
import { indexPage } from './index-page.ts';
import { addOwnRepoRoute } from './own-repo.ts';
import { sendBytes } from './send.ts';
import { inMemory } from './stored-bytes.ts';

/** What the yum door needs from the rest. */
export interface YumDoor extends ChannelFilesDeps {
  /** The public keys that this server signs with, armoured; empty if there are none. */
  serverKeys(): Promise<string>;
  sources(): Source[];
  /** How clients reach this server, for the one who asks. */
  publicUrl(ctx: Context): string;
  /** Who may read; without it, whoever asks. */
  access?: Access | undefined;
  /** Whether clients have to be given the certificate of who signed this server's. */
  isOwnAuthority(): boolean;
}

interface YumFiles {
  files: ChannelFiles;
  /** For instances, whose channels may have become others since they read the metadata. */
  byName: ChannelFiles;
}

/** `/`, `/channels/<label>.repo`, `/channels/<label>/…` and `/keys/<label>.asc`: what yum and dnf read. */
export function yumRoutes(door: YumDoor, { files, byName }: YumFiles): Router {
  const router = new Router();
  const isRegistered = () => door.access?.isRegistered() === true;

  /** What is read under a name that somebody asks for. Throws AppError 'not_found' where they may not, be it there or not. */
  async function channelOf(ctx: Context, name: string): Promise<string> {
    if (!door.access || !isRegistered()) return name;
    const { instance } = await door.access.required(ctx);
    const channel = await door.access.served(ctx, instance, name);
    if (channel === undefined) throw noSuch('file');
    return channel;
  }

  /** What somebody sees at `/`. */
  async function offered(ctx: Context): Promise<OfferedChannel[]> {
    if (!door.access || !isRegistered()) {
      return door
        .sources()
        .map(({ label, name, parent }) => ({ label, name, parent, channel: label }));
    }
    // Who says nothing sees nothing; who says what is wrong is told so.
    const found = await door.access.authenticated(ctx);
    if (found) return door.access.offered(found.instance);
    if (door.access.claims(ctx)) await door.access.required(ctx);
    return [];
  }

  /** The section of a `.repo` file for a channel; undefined where its source is gone. */
  async function section(ctx: Context, as: OfferedChannel): Promise<string | undefined> {
    const { label, spec } = channelName(as.channel);
    const source = door.source(label);
    const rendered = await door.channels.isRendered(as.channel);
    const options = { publicUrl: door.publicUrl(ctx), find: door.source, spec, rendered };
    return source && repoFile(source, { ...options, as: { label: as.label, name: as.name } });
  }

  router.get('/', async (ctx) => {
    const channels = await Promise.all(
      (await offered(ctx)).map(async (as) => {
        const { label, name, parent, channel } = as;
        const source = door.source(channelName(channel).label);
        return {
          label,
          name,
          arch: source?.arch ?? null,
          release: source?.release ?? null,
          parent: parent ?? null,
          url: channelUrl(door.publicUrl(ctx), label),
          ready: await door.channels.ready(channelName(channel).label),
          repo: (await section(ctx, as)) ?? '',
        };
      }),
    );
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-cache');
    if (ctx.accepts('html', 'json') === 'json') ctx.body = { channels };
    else {
      ctx.type = 'html';
      ctx.body = indexPage(channels, isRegistered() ? forInstances : noSources);
    }
  });

  router.get(repoPath, async (ctx) => {
    const asked = decoded(repoPath.exec(ctx.path)![1]!);
    const channel = await channelOf(ctx, asked);
    const { label, spec } = channelName(channel);
    const source = door.source(label);
    if (!source || (spec !== undefined && !/^[A-Za-z0-9_.:+-]+$/.test(spec)))
      throw noSuch(isRegistered() ? 'file' : 'channel');
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'text/plain';
    // Throws where there is no such revision.
    if (spec !== undefined) await door.channels.current(channel);
    const rendered = await door.channels.isRendered(channel);
    const options = { publicUrl: door.publicUrl(ctx), find: door.source, spec, rendered };
    const name = door.source(channelName(asked).label)?.name ?? source.name;
    ctx.body = repoFile(source, { ...options, as: { ...channelName(asked), name } });
  });

  router.get(keysPath, async (ctx) => {
    const label = decoded(keysPath.exec(ctx.path)![1]!);
    const text =
      label === serverKeys
        ? Buffer.from(await door.serverKeys())
        : await keysOf(channelName(await channelOf(ctx, label)).label);
    if (text.length === 0) throw noSuch('file');
    sendBytes(ctx, inMemory(text), {
      type: 'application/pgp-keys',
      etag: `"${hash('sha256', text)}"`,
      immutable: false,
    });
  });

  async function keysOf(label: string): Promise<Buffer> {
    const keys = await door.channels.keys(label);
    return Buffer.concat(await Promise.all(keys.map((k) => door.objects.read(k.sha256))));
  }

  router.get(filePath, async (ctx) => {
    const [, rawName, rawPath] = filePath.exec(ctx.path)!;
    const channel = await channelOf(ctx, decoded(rawName!));
    // A redirect would take the token along; passwords and certificates stay behind by themselves.
    // That is so for one that goes along with them, too.
    const redirects = !isRegistered() || tokenOf(ctx) === undefined;
    const all = isRegistered() ? byName : files;
    await all.send(ctx, channel, rawPath!, { redirects });
  });

  if (door.access) addOwnRepoRoute(router, { ...door, access: door.access, section });
  return router;
}

const noSources =
  'There are no sources yet: <code>headwater source add --help</code> says how to add one.';
const forInstances = 'Channels are shown to registered instances, each those that it has attached.';

const repoPath = /^\/channels\/([^/]+)\.repo$/;
const keysPath = /^\/keys\/([^/]+)\.asc$/;
const filePath = /^\/channels\/([^/]+)\/(.+)$/;
