import { AppError } from '../base/errors.ts';
import { plausible, type Repomd, readRepomd } from '../repodata/repomd.ts';
import { isAbsent, located } from './located.ts';
import { matchesMetalink } from './metalink-check.ts';
import { type Mirrors, readSmall, withMirrors } from './mirrors.ts';
import type { SyncRun } from './sync-run.ts';
import type { Upstream } from './upstream.ts';

/** A repomd.xml as it came, read, and what upstream said of it for the next conditional request. */
export interface GotRepomd {
  bytes: Buffer;
  repomd: Repomd;
  upstream: Upstream;
  etag: string | undefined;
  lastModified: string | undefined;
}

export interface RepomdWanted {
  conditional?: boolean;
  from: Mirrors;
  /**
   * The newest timestamps of what we have and of what this sync saw before, in seconds; 0 for none. A mirror whose
   * repomd.xml is older gives way to the next.
   */
  floor?: { ours: number; seen: number };
}

/** repomd.xml and the mirror that gave it; undefined if upstream says that it is the one that we have. Throws AppErrors. */
export async function fetchRepomd(
  { source, signal, deps, tell, onBytes, warnings }: SyncRun,
  { conditional, from, floor }: RepomdWanted,
): Promise<GotRepomd | undefined> {
  tell({ step: 'repomd' });
  return withMirrors(from, signal, async (upstream) => {
    const validators = conditional
      ? await deps.syncs.validator(source.label, upstream.shown)
      : undefined;
    const answer = await upstream.get('repodata/repomd.xml', { signal, validators });
    if (answer.status === 'not_modified') return undefined;
    const bytes = await readSmall(answer, answer.url);
    onBytes(bytes.length);
    if (from.repomd && !matchesMetalink(bytes, from.repomd)) {
      throw new AppError('checksum', `${answer.url} is not what the metalink announced`, {
        hint: 'the mirror is behind or damaged: try again later',
      });
    }
    const repomd = parseRepomd(bytes, answer.url);
    for (const data of repomd.data) {
      if (data.timestamp === undefined || plausible(data.timestamp, Date.now() / 1000)) continue;
      // It would make every true one seem old.
      warnings.push(`the timestamp of ${data.type} is in the future, and does not count`);
      data.timestamp = undefined;
    }
    if (floor) refuseOlder(answer.url, newestOf(repomd), floor);
    return { bytes, repomd, upstream, etag: answer.etag, lastModified: answer.lastModified };
  });
}

/** The detached signature of repomd.xml; undefined if there is none. */
export async function fetchSignature(
  { signal }: SyncRun,
  upstream: Upstream,
): Promise<Buffer | undefined> {
  const path = 'repodata/repomd.xml.asc';
  try {
    return await withMirrors({ list: [upstream], repomd: undefined }, signal, async (u) =>
      readSmall(await u.get(path, { signal }), path),
    );
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The newest timestamp of a repomd.xml's documents, in seconds; 0 if there is none. */
export const newestOf = (repomd: Repomd): number =>
  Math.max(0, ...repomd.data.map((d) => d.timestamp ?? 0));

/** Throws AppError 'invalid' where the newest timestamp is older than that of what we have, or saw a moment ago. */
function refuseOlder(
  shown: string,
  newest: number,
  { ours, seen }: { ours: number; seen: number },
): void {
  if (newest >= ours && newest >= seen) return;
  const day = (seconds: number) => new Date(seconds * 1000).toISOString();
  const than =
    newest < ours
      ? `ours of ${day(ours)}`
      : `that of ${day(seen)} which upstream gave a moment ago`;
  throw new AppError('invalid', `${shown} is of ${day(newest)}, older than ${than}`, {
    hint: 'its mirror may be behind; sync with --allow-older to take it all the same',
    detail: { older: true },
  });
}

/** Whether an upstream was refused because its repomd.xml is older than it may be. */
export const isOlder = (error: AppError): boolean => error.detail?.older === true;

/** Throws AppError 'invalid' that names the address. */
function parseRepomd(bytes: Buffer, shown: string): Repomd {
  try {
    const repomd = readRepomd(bytes.toString('utf8'));
    requirePrimary(repomd);
    return repomd;
  } catch (error) {
    throw located(error, shown);
  }
}

function requirePrimary(repomd: Repomd): void {
  const has = (type: string) => repomd.data.some((d) => d.type === type);
  if (has('primary')) return;
  const why = has('primary_db')
    ? 'it has only the SQLite form of primary (primary_db), and no primary.xml'
    : 'its repomd.xml lists no primary document';
  throw new AppError('invalid', `this repository cannot be mirrored: ${why}`);
}
