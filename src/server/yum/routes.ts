import { hash } from 'node:crypto';
import Router from '@koa/router';
import { type Source, serverKeys } from '../../base/source.ts';
import { channelName } from '../../channels/channels.ts';
import { channelUrl, repoFile } from '../../channels/repofile.ts';
import { type ChannelFilesDeps, createChannelFiles, decoded, noSuch } from './channel-files.ts';
import { indexPage } from './index-page.ts';
import type { Bytes } from './ranges.ts';
import { sendBytes } from './send.ts';

/** What the yum door needs from the rest. */
export interface YumDoor extends ChannelFilesDeps {
  /** The public keys that this server signs with, armoured; empty if there are none. */
  serverKeys(): Promise<string>;
  sources(): Source[];
  /** How clients reach this server; `host` is the Host header of the one who asks. */
  publicUrl(host: string): string;
}

/** `/`, `/channels/<label>.repo`, `/channels/<label>/…` and `/keys/<label>.asc`: what yum and dnf read. */
export function yumRoutes(door: YumDoor): Router {
  const router = new Router();
  const files = createChannelFiles(door);

  router.get('/', async (ctx) => {
    const channels = await Promise.all(
      door.sources().map(async (source) => ({
        label: source.label,
        name: source.name,
        arch: source.arch ?? null,
        release: source.release ?? null,
        parent: source.parent ?? null,
        url: channelUrl(door.publicUrl(ctx.host), source.label),
        ready: await door.channels.ready(source.label),
        repo: repoFile(source, {
          publicUrl: door.publicUrl(ctx.host),
          find: door.source,
          rendered: await door.channels.isRendered(source.label),
        }),
      })),
    );
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-cache');
    if (ctx.accepts('html', 'json') === 'json') ctx.body = { channels };
    else {
      ctx.type = 'html';
      ctx.body = indexPage(channels);
    }
  });

  router.get(repoPath, async (ctx) => {
    const name = decoded(repoPath.exec(ctx.path)![1]!);
    const { label, spec } = channelName(name);
    const source = door.source(label);
    if (!source || (spec !== undefined && !/^[A-Za-z0-9_.:+-]+$/.test(spec)))
      throw noSuch('channel');
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'text/plain';
    // Throws where there is no such revision.
    if (spec !== undefined) await door.channels.current(name);
    const rendered = await door.channels.isRendered(name);
    const options = { publicUrl: door.publicUrl(ctx.host), find: door.source, spec, rendered };
    ctx.body = repoFile(source, options);
  });

  router.get(keysPath, async (ctx) => {
    const label = decoded(keysPath.exec(ctx.path)![1]!);
    const text = label === serverKeys ? Buffer.from(await door.serverKeys()) : await keysOf(label);
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
    await files.send(ctx, decoded(rawName!), rawPath!);
  });

  return router;
}

function inMemory(bytes: Buffer): Bytes {
  return {
    size: bytes.length,
    async *read(start, end) {
      yield bytes.subarray(start, end + 1);
    },
  };
}

const repoPath = /^\/channels\/([^/]+)\.repo$/;
const keysPath = /^\/keys\/([^/]+)\.asc$/;
const filePath = /^\/channels\/([^/]+)\/(.+)$/;
