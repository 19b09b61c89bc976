import type { AccessPart } from './access-part.ts';
import { explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Config } from './cli/config.ts';
import { createWorkRequests } from './fleet/work-requests.ts';
import type { Identity } from './identity/identity.ts';
import type { Managed } from './managed.ts';
import type { Offering } from './offering.ts';
import { createPackagesPart } from './packages-part.ts';
import type { Operations } from './server/control/operations.ts';
import { createAuthenticate } from './server/osms/authenticate.ts';
import type { OsmsDoor } from './server/osms/door.ts';
import { createRequestBodies } from './server/osms/request-body.ts';
import { createRetryTokens } from './server/osms/retry-tokens.ts';
import type { SourceSet } from './source-set.ts';
import type { Stores } from './stores.ts';

export interface OsmsPartDeps extends Pick<Stores, 'osmsStores' | 'paths' | 'revisions'> {
  operations: Operations;
  identity: Identity;
  managed: Managed;
  sources: SourceSet;
  access: Pick<AccessPart, 'auth' | 'publicUrl'>;
  content: ContentThread;
  offering: Pick<Offering, 'resolver' | 'publisher'>;
  log: Log;
  /** As it is now. */
  config(): Config;
}

/** How often what has had its time is removed, in milliseconds. */
const pruneEvery = 3_600_000;

/** What the OS Management API has of its own, and what it takes from the rest. */
export async function createOsmsPart(deps: OsmsPartDeps) {
  const { osmsStores, identity, managed, sources, access, log, config } = deps;
  const { ocids, resources } = identity;
  const retryTokens = createRetryTokens(osmsStores.retryTokens);
  const workRequests = createWorkRequests({
    ...{ table: osmsStores.workRequests, ocids, log },
    keepMs: () => config().api.keepWorkRequestsMs,
    async identify(kind, subject) {
      if (kind === 'instance') {
        const id = Number(subject);
        const name = (await managed.instances.get(id))?.name ?? subject;
        return { ocid: ocids.of('instance', id), name };
      }
      const { ocid, displayName } = await resources.of(kind, subject);
      const own = kind === 'source' ? sources.get(subject)?.name : undefined;
      return { ocid, name: displayName ?? own ?? subject };
    },
  });
  await workRequests.interrupted();

  async function prune(): Promise<void> {
    await workRequests.prune();
    await retryTokens.prune();
    await managed.jobs.prune(new Date(Date.now() - config().api.keepWorkRequestsMs).toISOString());
  }
  let pruning: Promise<void> | undefined;
  const timer = setInterval(() => {
    pruning ??= prune()
      .catch((error) => log.error({ reason: explain(error) }, 'not tidied up'))
      .finally(() => {
        pruning = undefined;
      });
  }, pruneEvery).unref();

  const { auth } = access;
  const { close: closePackages, ...packages } = createPackagesPart({
    ...{ paths: deps.paths, revisions: deps.revisions, sources },
    publisher: deps.offering.publisher,
  });
  const door: Omit<OsmsDoor, 'log' | 'asker'> = {
    ...{ operations: deps.operations, sources, managed, workRequests, retryTokens },
    ...packages,
    identity,
    content: deps.content,
    resolver: deps.offering.resolver,
    publicUrl: access.publicUrl.now,
    authenticate: createAuthenticate({ ...identity, ...auth }),
    readBody: createRequestBodies({
      most: () => config().api.body,
      patience: () => config().api.patienceMs,
    }),
    rateLimit: auth.rateLimit,
  };
  return {
    door,
    /** What is being carried out still is marked as failed. */
    async close(): Promise<void> {
      clearInterval(timer);
      await pruning;
      await closePackages();
      await workRequests.close();
    },
  };
}
