import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Log } from '../../base/log.ts';
import type { Source } from '../../base/source.ts';
import type { ContentThread } from '../../channels/content/thread.ts';
import type { Resolver } from '../../channels/resolve.ts';
import type { Attaching } from '../../fleet/attaching.ts';
import type { ChannelLists } from '../../fleet/channel-lists.ts';
import type { Groups } from '../../fleet/groups.ts';
import type { InstanceChanges } from '../../fleet/instance-changes.ts';
import type { Instance, Instances } from '../../fleet/instances.ts';
import type { Profiles } from '../../fleet/profiles.ts';
import type { WorkRequests } from '../../fleet/work-requests.ts';
import type { Audit } from '../../identity/audit.ts';
import type { Caller, Wish } from '../../identity/caller.ts';
import type { Ocids } from '../../identity/ocid.ts';
import type { Resources } from '../../identity/resources.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Targets } from '../../jobs/targets.ts';
import type { Updates } from '../../updates/updates.ts';
import type { Asker } from '../asker.ts';
import type { Operations } from '../control/operations.ts';
import type { PackagesThread } from './packages-thread.ts';
import type { RetryTokens } from './retry-tokens.ts';

/** What the handlers of the API's operations work with. */
export interface OsmsDeps {
  /** The same that the command line asks: every rule is there. */
  operations: Operations;
  identity: OsmsIdentity;
  sources: { get(label: string): Source | undefined; all(): Source[] };
  managed: {
    instances: Instances;
    groups: Groups;
    profiles: Profiles;
    instanceChanges: Pick<InstanceChanges, 'settings'>;
    jobs: Pick<Jobs, 'find' | 'list'> & {
      targets: { include(targets: Targets, instance: Instance): Promise<boolean> };
      /** How many jobs to come an instance is to do. */
      countFor(instance: Instance): Promise<number>;
    };
    channelLists: Pick<ChannelLists, 'attached' | 'channels' | 'reads'> &
      Pick<Attaching, 'attachable'> & {
        /** Whether instances have, or would get, a source of a label, be there one or not. */
        isNamed(label: string): Promise<boolean>;
      };
    updates: Pick<Updates, 'counts' | 'modules'>;
    /** Whether nothing was heard of it for longer than instances may be silent. */
    isSilent(instance: Instance): boolean;
  };
  workRequests: WorkRequests;
  content: ContentThread;
  packages: PackagesThread;
  /** What is served of a source now; undefined where there is nothing yet. */
  revisionOf(label: string): Promise<{ label: string; manifest: string } | undefined>;
  /** What is served of all sources. */
  revisions(): Promise<{ label: string; manifest: string }[]>;
  resolver: Pick<Resolver, 'resolve'>;
  publicUrl(): string;
  log: Log;
}

/** Who may do what, as the API asks it. */
export interface OsmsIdentity {
  ocids: Ocids;
  resources: Resources;
  compartments: {
    all(): readonly { path: string }[];
    /** The path of the compartment, or of the tenancy for the root. */
    pathOf(ocid: string): string | undefined;
    ocidOf(path: string): string;
    has(path: string): boolean;
  };
  may(caller: Caller, wish: Wish): boolean;
  audit: Pick<Audit, 'note'>;
}

interface Taken {
  ok: boolean;
  /** Seconds. */
  retryAfter: number;
}

/** What the engine of the API needs besides. */
export interface OsmsDoor extends OsmsDeps {
  /** Who asks. Throws AppError 'unauthenticated', and what reading the body throws. */
  authenticate(request: {
    method: string;
    /** As on the wire. */
    url: string;
    headers: IncomingHttpHeaders;
    rawHeaders: readonly string[];
    body(): Promise<Buffer>;
    asker: Asker;
  }): Promise<Caller>;
  asker(request: IncomingMessage): Asker;
  /** Throws AppError 'limit' where a body is too large or too slow. */
  readBody(request: IncomingMessage): Promise<Buffer>;
  /** Whether a caller may ask again already, or whoever is at an address. */
  rateLimit: { caller(actor: string): Taken; address(address: string): Taken };
  retryTokens: Pick<RetryTokens, 'once'>;
}
