import { open } from 'node:fs/promises';
import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import type { MirroredSource, Source } from '../../base/source.ts';
import { type Channels, channelName, type Found } from '../../channels/channels.ts';
import { isWhole } from '../../store/cache/renders.ts';
import type { PackageFile } from '../../store/catalogue/catalogue.ts';
import type { Objects, StoredObject } from '../../store/objects/objects.ts';
import type { DataPaths } from '../../store/paths.ts';
import type { Bytes } from './ranges.ts';
import { createSameRevision } from './same-revision.ts';
import { isKnown, sendBytes } from './send.ts';
import { createStoredReader, joined, stored } from './stored-bytes.ts';

/** What it takes to answer with a channel's files. */
export interface ChannelFilesDeps {
  channels: Channels;
  objects: Objects;
  paths: DataPaths;
  source(label: string): Source | undefined;
  /** Opens a package that is not held. Throws AppErrors. */
  fetchPackage(source: MirroredSource, pkg: PackageFile): Promise<Bytes>;
  /** Throws AppError 'untrusted' where a source's rules do not let a package be served that is held. */
  requireTrusted(source: MirroredSource, held: StoredObject, what: string): Promise<void>;
  /** Where upstream offers a package. */
  upstreamAddress(source: MirroredSource, pkg: PackageFile): Promise<string>;
  /** Hears where the bytes of a package came from. */
  packageServed(from: 'hit' | 'miss' | 'redirected'): void;
}

/** Answers with the files of channels: metadata and packages, to whatever door they are asked for. */
export function createChannelFiles(door: ChannelFilesDeps) {
  const same = createSameRevision();
  const readStored = createStoredReader();

  /**
   * Answers with a file of the channel `name`, which is a label or a label with `@` and a revision, snapshot or time;
   * `rawPath` is percent-encoded as it was asked for. Without `redirects` no client is sent to an upstream. Throws AppErrors.
   */
  async function send(
    ctx: Context,
    name: string,
    rawPath: string,
    { redirects = true }: { redirects?: boolean } = {},
  ): Promise<void> {
    const found = await find(ctx, name, { decoded: decoded(rawPath), raw: rawPath });
    if (!found) throw await absent(name);
    if (found.kind === 'package') {
      await sendPackage(ctx, found, redirects);
      return;
    }
    const { lastModified, immutable, signed } = found;
    const { sha256, path } = found.kind === 'document' ? found : found.file;
    const about = { type: contentType(path), etag: `"${sha256}"`, lastModified, immutable };
    // An rpm is one by its bytes, whichever list it stands in: where they must be signed, none goes past that.
    const looked = found.kind === 'document' || signed.length > 0;
    const object = looked ? await door.objects.find(sha256) : undefined;
    if (object && signed.length > 0 && (await isRpm(object))) {
      for (const source of signed) await door.requireTrusted(source, object, path);
    }
    if (found.kind === 'rendered') sendBytes(ctx, joined(door.paths, found.file), about);
    // One that was lost or cut short on this disk; the next sync fetches it again.
    else if (object?.size !== found.size) throw noSuch('file');
    else sendBytes(ctx, await readStored(object), about);
    same.note(ctx.socket, clientOf(ctx), { path: `${name}/${path}`, revision: found.revision });
  }

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
    { source, pkg }: Extract<Found, { kind: 'package' }>,
    redirects: boolean,
  ): Promise<void> {
    const held = await door.objects.findBy(pkg.checksum);
    if (!held && !source) throw noSuch('file');
    if (held && source) await door.requireTrusted(source, held, pkg.location);
    if (!held && source?.packages === 'none' && redirects) {
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

  return { send };
}

export type ChannelFiles = ReturnType<typeof createChannelFiles>;

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

/** Part of a path, percent-decoded. Throws AppError 'not_found' on a broken encoding. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noSuch('file');
  }
}

export const noSuch = (what: string) => new AppError('not_found', `there is no such ${what}`);

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
