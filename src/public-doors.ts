import type Koa from 'koa';
import type { AccessPart } from './access-part.ts';
import type { Log } from './base/log.ts';
import { createPackagePath } from './channels/package-path.ts';
import type { Config } from './cli/config.ts';
import type { Managed } from './managed.ts';
import { metricsOf } from './metrics.ts';
import type { PackageFetcher } from './mirror/packages.ts';
import type { PackageTrust } from './mirror/trust/package-trust.ts';
import type { Offering } from './offering.ts';
import { createOsmsPart, type OsmsPartDeps } from './osms-part.ts';
import { createHttp } from './server/http.ts';
import type { Metrics } from './server/metrics/metrics.ts';
import type { SourceSet } from './source-set.ts';
import { createHeldPackages } from './store/collect/held-packages.ts';
import type { Stores } from './stores.ts';

interface Deps extends Stores, Omit<OsmsPartDeps, 'offering'> {
  sources: SourceSet;
  packageTrust: PackageTrust;
  offering: Offering;
  managed: Managed;
  access: AccessPart;
  fetcher: PackageFetcher;
  log: Log;
  /** As it is now. */
  config(): Config;
  /** Undefined once the server can serve; else what it waits for. */
  notReady(): string | undefined;
}

/** What a server answers over HTTP, and what it counts. Loaded only where there is one. */
export async function openPublicDoors(
  deps: Deps,
): Promise<{ app: Koa; metrics: Metrics; close(): Promise<void> }> {
  const { objects, sources, offering, managed, access, fetcher, config } = deps;
  const { channels } = offering;
  const metrics = metricsOf({ ...deps, openDownloads: fetcher.openDownloads });
  const osms = await createOsmsPart(deps);
  const app = createHttp({
    ...{ paths: deps.paths, channels, log: deps.log, notReady: deps.notReady },
    objects: { ...objects, findBy: createHeldPackages(deps) },
    serverKeys: offering.serverKeys,
    sources: sources.all,
    source: sources.get,
    ...access.http,
    access: access.access,
    fetchPackage: fetcher.open,
    requireTrusted: deps.packageTrust.requireTrusted,
    upstreamAddress: fetcher.address,
    packageServed: metrics.packageServed,
    metrics: {
      ...metrics,
      allow: () => config().metricsAllow,
      isNamed: () => config().metricsNamed,
    },
    packagePath: createPackagePath({ catalogue: deps.catalogue, channels }),
    spacewalk: managed,
    osms: osms.door,
  });
  return {
    app,
    metrics,
    async close() {
      metrics.close();
      await osms.close();
    },
  };
}
