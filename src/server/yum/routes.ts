import { hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import Router from '@koa/router';
import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import { type MirroredSource, type Source, serverKeys } from '../../base/source.ts';
import { type Channels, channelName } from '../../channels/channels.ts';
import { channelUrl, repoFile } from '../../channels/repofile.ts';
import { isWhole } from '../../store/cache/renders.ts';
import type { PackageFile } from '../../store/catalogue/catalogue.ts';
import type { Objects, StoredObject } from '../../store/objects/objects.ts';
import type { DataPaths } from '../../store/paths.ts';
import { indexPage } from './index-page.ts';
import type { Bytes } from './ranges.ts';
import { createSameRevision } from './same-revision.ts';
import { isKnown, sendBytes } from './send.ts';
import { joined, stored } from './stored-bytes.ts';

/** What the yum door needs from the rest. */
export interface YumDoor {
  channels: Channels;
  objects: Objects;
  paths: DataPaths;
  /** The public keys that this server signs with, armoured; empty if there are none. */
  serverKeys(): Promise<string>;
  sources(): Source[];
  source(label: string): Source | undefined;
  /** How clients reach this server; `host` is the Host header of the one who asks. */
  publicUrl(host: string): string;
  /** Opens a package that is not held. Throws AppErrors. */
  fetchPackage(source: MirroredSource, pkg: PackageFile): Promise<Bytes>;
  /** Throws AppError 'untrusted' where a source's rules do not let a package be served that is held. */
  requireTrusted(source: MirroredSource, held: StoredObject, what: string): Promise<void>;
  /** Where upstream offers a package. */
  upstreamAddress(source: MirroredSource, pkg: PackageFile): Promise<string>;
  /** Hears where the bytes of a package came from. */
  packageServed(from: 'hit' | 'miss' | 'redirected'): void;
}

/** `/`, `/channels/<label>.repo`, `/channels/<label>/…` and `/keys/<label>.asc`: what yum and dnf read. */
export function yumRoutes(door: YumDoor): Router {
  const router = new Router();
  const same = createSameRevision();

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
    const name = decoded(rawName!);
    const found = await find(ctx, name, { decoded: decoded(rawPath!), raw: rawPath! });
    if (!found) throw await absent(name);
    if (found.kind === 'package') {
      await sendPackage(ctx, found.source, found.pkg);
      return;
    }
    const { lastModified, immutable, signed } = found;
    const { sha256, path } = found.kind === 'document' ? found : found.file;
    const about = { type: contentType(path), etag: `"${sha256}"`, lastModified, immutable };
    // An rpm is one by its bytes, whichever list it stands in: where they must be signed, none goes past that.
    const object = await door.objects.find(sha256);
    if (object && signed.length > 0 && (await isRpm(object))) {
      for (const source of signed) await door.requireTrusted(source, object, path);
    }
    if (found.kind === 'rendered') sendBytes(ctx, joined(door.paths, found.file), about);
    // One that was lost or cut short on this disk; the next sync fetches it again.
    else if (object?.size !== found.size) throw noSuch('file');
    else sendBytes(ctx, stored(object), about);
    same.note(ctx.socket, clientOf(ctx), { path: `${name}/${path}`, revision: found.revision });
  });

  async function absent(name: string): Promise<AppError> {
    const { label, spec } = channelName(name);
    const stage = spec === undefined && door.source(label)?.kind === 'stage';
    if (!stage || (await door.channels.current(label))) return noSuch('file');
    return new AppError('not_found', `stage ${label} offers nothing yet`, {
      hint: `\`headwater promote ${label}\` lets it offer a revision of the source that it follows`,
    });
  }

  async function find(ctx: Context, name: string, path: { decoded: string; raw: string }) {
    const preferred = same.preferred(ctx.socket, clientOf(ctx), `${name}/${path.decoded}`);
    const look = async () =>
      (await door.channels.find(name, path.decoded, preferred)) ??
      // Some hrefs are percent-encoded as they stand in the repository.
      (path.raw === path.decoded ? undefined : await door.channels.find(name, path.raw));
    const found = await look();
    if (found?.kind !== 'rendered' || isWhole(door.paths, found.file)) return found;
    // What it was made of is gone: it is made again. The new one may be named otherwise; then repomd.xml says so.
    door.channels.forget(channelName(name).label);
    const again = await look();
    return again?.kind === 'rendered' && !isWhole(door.paths, again.file) ? undefined : again;
  }

  async function sendPackage(
    ctx: Context,
    source: MirroredSource | undefined,
    pkg: PackageFile,
  ): Promise<void> {
    const held = await door.objects.findBy(pkg.checksum);
    if (!held && !source) throw noSuch('file');
    if (held && source) await door.requireTrusted(source, held, pkg.location);
    if (!held && source?.packages === 'none') {
      door.packageServed('redirected');
      ctx.status = 302;
      ctx.set('Cache-Control', 'no-cache');
      ctx.redirect(await door.upstreamAddress(source, pkg));
      return;
    }
    const about = {
      type: 'application/x-rpm',
      etag: `"${pkg.checksum.value}"`,
      immutable: ctx.path.includes(pkg.checksum.value),
    };
    // A HEAD or a conditional request that announces what it knows needs no fetch from upstream.
    const needsNoBytes = (ctx.method === 'HEAD' && pkg.size > 0) || isKnown(ctx, about);
    if (!needsNoBytes) door.packageServed(held ? 'hit' : 'miss');
    const bytes = held
      ? stored(held)
      : needsNoBytes
        ? { size: pkg.size, read: () => unread() }
        : await door.fetchPackage(source!, pkg);
    sendBytes(ctx, bytes, about);
  }

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

async function* unread(): AsyncGenerator<Buffer> {}

/** Tells clients apart that share a connection, as those behind a proxy may. */
const clientOf = (ctx: Context): string =>
  [ctx.get('X-Forwarded-For'), ctx.get('User-Agent')].join('\n');

const rpmMagic = Buffer.from([0xed, 0xab, 0xee, 0xdb]);

async function isRpm({ path }: StoredObject): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(rpmMagic.length), 0, rpmMagic.length, 0);
    return buffer.equals(rpmMagic);
  } finally {
    await file.close();
  }
}

const repoPath = /^\/channels\/([^/]+)\.repo$/;
const keysPath = /^\/keys\/([^/]+)\.asc$/;
const filePath = /^\/channels\/([^/]+)\/(.+)$/;

/** Part of a path, percent-decoded. Throws AppError 'not_found' on a broken encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuch('file');
  }
}

const noSuch = (what: string) => new AppError('not_found', `there is no such ${what}`);

function contentType(path: string): string {
  const types: [RegExp, string][] = [
    [/\.xml$/, 'application/xml'],
    [/\.asc$/, 'application/pgp-signature'],
    [/\.gz$/, 'application/gzip'],
    [/\.bz2$/, 'application/x-bzip2'],
    [/\.xz$/, 'application/x-xz'],
    [/\.zst$/, 'application/zstd'],
    [/\.yaml$/, 'application/yaml'],
  ];
  return types.find(([ending]) => ending.test(path))?.[1] ?? 'application/octet-stream';
}
