import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mergeFilters } from './filters.ts';
import { type CheckedDefinition, kindOf, type MirroredSource, type Source } from './source.ts';
import { bytes, milliseconds } from './units.ts';

/**
 * A source with its defaults. Relative paths, those of `file:` addresses too, are relative to `folder`.
 */
export function fillIn(
  definition: CheckedDefinition & { from?: undefined; follows?: undefined; custom?: undefined },
  folder: string,
  origin: Source['origin'],
): MirroredSource;
export function fillIn(
  definition: CheckedDefinition,
  folder: string,
  origin: Source['origin'],
): Source;
export function fillIn(
  definition: CheckedDefinition,
  folder: string,
  origin: Source['origin'],
): Source {
  const d = definition;
  const common = {
    label: d.label,
    name: d.name ?? d.label,
    arch: d.arch,
    release: d.release === undefined ? undefined : String(d.release),
    parent: d.parent,
    origin,
    compression: d.compression,
    sqlite: d.sqlite ?? false,
    keepRevisionsMs: milliseconds(d.keep_revisions ?? '90d')!,
    snapshots: {
      daily: d.snapshots?.daily ?? 0,
      weekly: d.snapshots?.weekly ?? 0,
      monthly: d.snapshots?.monthly ?? 0,
    },
  };
  const kind = kindOf(d);
  if (kind === 'view') {
    return {
      ...common,
      kind,
      from: inPriority(d.from!),
      filters: mergeFilters(d.filters ?? []),
      strict: d.strict === true ? { with: [] } : (d.strict ?? false),
    };
  }
  if (kind === 'stage') {
    const at = d.at === undefined ? undefined : String(d.at);
    return { ...common, kind, follows: d.follows!, at, fetch: d.fetch ?? true };
  }
  // What it has is not in its definition.
  if (kind === 'custom') return { ...common, kind, from: [], fetch: d.fetch ?? true };
  return { ...common, kind, ...mirrored(d, folder) };
}

/** Labels in order of priority: yum's, 1 before 99, which is the default; then as they stand. */
function inPriority(from: NonNullable<CheckedDefinition['from']>): string[] {
  return from
    .map((p) => (typeof p === 'string' ? { source: p } : p))
    .toSorted((a, b) => (a.priority ?? 99) - (b.priority ?? 99))
    .map((p) => p.source);
}

function mirrored(
  d: CheckedDefinition,
  folder: string,
): Omit<MirroredSource, keyof Extract<Source, { kind: 'stage' }> & keyof MirroredSource> {
  const kind =
    d.upstream !== undefined ? 'base' : d.mirrorlist !== undefined ? 'mirrorlist' : 'metalink';
  const urls = [d.upstream ?? d.mirrorlist ?? d.metalink!].flat();
  const path = (p: string) => (isAbsolute(p) ? p : resolve(folder, p));
  const everyMs = d.sync?.every ? milliseconds(d.sync.every) : undefined;
  return {
    upstream: { kind, urls: urls.map((url) => absoluteUrl(url, folder)) },
    gpgKeys: (d.gpg_keys ?? []).map((entry) =>
      typeof entry === 'string'
        ? { key: absoluteKey(entry, folder) }
        : { ...entry, key: absoluteKey(entry.key, folder) },
    ),
    verifyRepomd: d.verify?.repomd ?? 'optional',
    verifyPackages: d.verify?.packages ?? 'digest',
    allowSha1: d.verify?.sha1 ?? false,
    packages: d.packages ?? 'on_demand',
    newest: d.newest,
    installationTree: d.installation_tree ?? false,
    sync:
      everyMs !== undefined || d.sync?.cron
        ? {
            ...(everyMs !== undefined && { everyMs }),
            ...(d.sync?.cron && { cron: d.sync.cron }),
            // Unless said otherwise, a tenth of the interval, and five minutes for a cron pattern.
            jitterMs: milliseconds(d.sync?.jitter ?? '') ?? (everyMs ? everyMs / 10 : 300_000),
          }
        : undefined,
    tls: {
      ...(d.tls?.ca && { ca: path(d.tls.ca) }),
      ...(d.tls?.client_certificate && { clientCertificate: path(d.tls.client_certificate) }),
      ...(d.tls?.client_key && { clientKey: path(d.tls.client_key) }),
    },
    auth: d.auth && authOf(d.auth, path),
    bandwidth: d.bandwidth === undefined ? undefined : bytes(d.bandwidth),
    keepOriginals: d.keep_originals,
  };
}

/** Of what the schema allows, the one form that is written. */
function authOf(
  auth: NonNullable<CheckedDefinition['auth']>,
  path: (p: string) => string,
): NonNullable<MirroredSource['auth']> {
  const file = auth.password_file ?? auth.value_file;
  const secret =
    file === undefined
      ? { from: 'env' as const, name: (auth.password_env ?? auth.value_env)! }
      : { from: 'file' as const, name: path(file) };
  return auth.header === undefined
    ? { username: auth.username!, secret }
    : { header: auth.header, secret };
}

function absoluteKey(key: string, folder: string): string {
  if (key.includes('-----BEGIN') || /^https?:/.test(key)) return key;
  if (key.startsWith('file:')) return absoluteUrl(key, folder);
  return isAbsolute(key) ? key : resolve(folder, key);
}

function absoluteUrl(url: string, folder: string): string {
  return url.startsWith('file:') ? new URL(url, pathToFileURL(`${folder}/`)).href : url;
}
