import { LRUCache } from 'lru-cache';
import type { PageWanted } from '../../channels/listing/lines.ts';
import {
  createListing,
  type RevisionName,
  type SearchWanted,
  type Unread,
} from '../../channels/listing/listing.ts';
import type { ListedStream } from '../../channels/listing/modules.ts';
import type { Place } from '../../channels/listing/pick.ts';
import { createObjects } from '../../store/objects/objects.ts';
import { dataPaths } from '../../store/paths.ts';
import { serveCalls } from '../../store/worker-calls.ts';
import { packageDetails, packageFound, packageSummary, type SourceId } from './package-shapes.ts';

/** A revision, and the source that it is of. */
export interface NamedRevision extends RevisionName {
  source: SourceId;
}

export type PackagesJob =
  | { op: 'page'; of: RevisionName; wanted: PageWanted }
  | { op: 'search'; revisions: NamedRevision[]; wanted: SearchWanted }
  /** Of the first revision; what is said of sources is of all. */
  | { op: 'details'; revisions: NamedRevision[]; id: string }
  | { op: 'streams'; of: RevisionName }
  | { op: 'stream'; of: RevisionName; module: string; stream: string };

/** JSON, as UTF-8. */
export interface PackagesPage {
  json: Uint8Array;
  next: Place | undefined;
  /** Of a search: sources that could not be searched. */
  unread?: Unread[];
}

export interface StreamSummary {
  module: string;
  stream: string;
  version: string;
  profiles: string[];
}

export type PackagesAnswer = PackagesPage | Uint8Array | StreamSummary[] | ListedStream | undefined;

/** Of so many revisions the streams are remembered. */
const keptStreams = 32;

// Clients wait for it.
serveCalls<{ root: string }, PackagesJob, PackagesAnswer>(
  ({ root }) => {
    const paths = dataPaths(root);
    const listing = createListing({ objects: createObjects(paths), paths });
    const known = new LRUCache<string, Promise<ListedStream[]>>({ max: keptStreams });

    function streamsOf(of: RevisionName): Promise<ListedStream[]> {
      const key = JSON.stringify([of.label, of.manifest]);
      const before = known.get(key);
      if (before) return before;
      const streams = listing.streams(of);
      known.set(key, streams);
      streams.catch(() => known.delete(key));
      return streams;
    }

    return async (job) => {
      switch (job.op) {
        case 'page': {
          const { items, next } = await listing.page(job.of, job.wanted);
          return { json: asJson(items.map(packageSummary)), next };
        }
        case 'search': {
          const sources = job.revisions.map((one) => one.source);
          const { items, next, unread } = await listing.search(job.revisions, job.wanted);
          return { json: asJson(items.map((item) => packageFound(item, sources))), next, unread };
        }
        case 'details': {
          const sources = job.revisions.map((one) => one.source);
          const found = await listing.details(job.revisions, job.id);
          return found && asJson(packageDetails(found, sources));
        }
        case 'streams':
          return (await streamsOf(job.of)).map(
            ({ module, stream, version, profiles }): StreamSummary => ({
              ...{ module, stream, version },
              profiles: profiles.map((p) => p.name),
            }),
          );
        case 'stream':
          return (await streamsOf(job.of)).find(
            (one) => one.module === job.module && one.stream === job.stream,
          );
      }
    };
  },
  { together: true, urgent: true },
);

const asJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
