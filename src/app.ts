import { createServer, type Server } from 'node:http';
import { diskError, explain } from './base/errors.ts';
import { limits } from './base/limits.ts';
import type { Log } from './base/log.ts';
import { createChannels } from './channels/channels.ts';
import { createSigningKeys } from './channels/signing/keys.ts';
import { type Config, urlOf } from './cli/config.ts';
import { takeDataFolder } from './data-folder.ts';
import { examine } from './doctor.ts';
import { closeServer, listen } from './listening.ts';
import { createPackageFetcher } from './mirror/packages.ts';
import { createSyncRunner } from './mirror/sync-runner.ts';
import { createPackageTrust } from './mirror/trust/package-trust.ts';
import { createVerifier } from './mirror/verify.ts';
import { createOperations } from './operations.ts';
import { openControlDoor } from './server/control/door.ts';
import type { Metrics } from './server/metrics/metrics.ts';
import { createSourceSet } from './source-set.ts';
import { catchUp } from './store/catalogue/catch-up.ts';
import { createRebuild, openOrReplace } from './store/catalogue/rebuild.ts';
import { createObjects } from './store/objects/objects.ts';
import { dataPaths } from './store/paths.ts';
import { createPackageCheckTable } from './store/state/package-checks.ts';
import { createRevisionTable } from './store/state/revisions.ts';
import { createSourceTable } from './store/state/sources.ts';
import { openState, stateError } from './store/state/state.ts';
import { createSyncTable } from './store/state/syncs.ts';
import { createTimetable } from './timetable.ts';

export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Puts the program together on a data folder, which it holds until `close`. Throws AppError 'locked' if another process
 * holds the folder.
 */
export async function createApp(config: Config, log: Log) {
  const undo: (() => unknown)[] = [];
  try {
    return await build();
  } catch (error) {
    for (const step of undo.reverse()) await step();
    // A catalogue that is damaged gives way.
    throw diskError(stateError(error, dataPaths(config.data).state), `opening ${config.data}`);
  }

  async function build() {
    let current = config;
    Object.assign(limits, config.limits);
    const { paths, socket, release } = await takeDataFolder(config.data);
    undo.push(release);
    const objects = createObjects(paths);
    await objects.sweepTemporary();
    const state = openState(paths);
    undo.push(() => state.destroy());
    const revisions = createRevisionTable(state);
    const syncs = createSyncTable(state);
    await syncs.closeInterrupted();
    const catalogue = await openOrReplace(paths, () => log.warn('the catalogue is damaged'));
    undo.push(() => catalogue.close());
    const caughtUp = await catchUp(catalogue, revisions).catch((error) => {
      // Documents can be served without it, and `doctor` says more.
      log.error({ reason: explain(error) }, 'the catalogue cannot be read');
      return undefined;
    });
    const { mended, skipped } = caughtUp ?? { mended: [], skipped: [] };
    if (mended.length > 0) log.warn({ sources: mended, skipped }, 'catalogue indexed again');
    const rebuild = createRebuild({ catalogue, revisions, paths });
    const sources = await createSourceSet(createSourceTable(state), config);

    const packageChecks = createPackageCheckTable(state);
    const packageTrust = createPackageTrust({ objects, revisions, packageChecks });
    const deps = {
      objects,
      packageTrust,
      catalogue,
      revisions,
      syncs,
      log,
      dataFolder: paths.root,
      minFree: () => current.minFree,
    };
    const channels = createChannels({
      revisions,
      catalogue,
      objects,
      source: sources.get,
      grace: () => current.graceMs,
    });
    const signing = createSigningKeys(paths, { given: config.signing, log });
    // There are none where nobody serves.
    let metrics: Metrics | undefined;
    const onReceived = (label: string, bytes: number) => metrics?.received(label, bytes);
    const runner = createSyncRunner({
      ...deps,
      onReceived,
      onPublished: channels.invalidate,
      onEnded: (label, end) => metrics?.syncEnded(label, end),
    });
    const verifier = createVerifier({ ...deps, sync: runner.run });
    const fetcher = createPackageFetcher({
      ...deps,
      onReceived,
      onFailed: (label, kind) => metrics?.packageFailed(label, kind),
    });
    const timetable = createTimetable({ sources, syncs, runner });
    const operations = createOperations({
      sources,
      revisions,
      syncs,
      objects,
      catalogue,
      runner,
      verifier,
      rebuild,
      signing,
      dataFolder: paths.root,
      publicUrl: () => current.publicUrl,
      nextSync: timetable.next,
      onChanged: (label) => {
        channels.invalidate(label);
        metrics?.dropGone();
        if (serving) timetable.plan();
      },
      doctor: () =>
        examine({ paths, objects, catalogue, revisions, sources, minFree: current.minFree }),
    });
    const control = await openControlDoor(socket, operations, log);
    undo.push(() => closeServer(control));
    let serving: Server | undefined;
    let draining = false;
    let closed: Promise<void> | undefined;

    /** Publishes anew, in the background, what other keys signed. */
    function settleKeys(): void {
      void signing.settle().catch((error) => {
        log.error({ reason: explain(error) }, 'not published anew with the keys of now');
      });
    }

    /** Where this server listens on every address and no other is configured, clients use what they asked for. */
    function publicUrlFor(host: string): string {
      const anywhere = current.listen.host === '0.0.0.0' || current.listen.host === '::';
      const derived = current.publicUrl === urlOf(current.listen);
      const usable = /^[A-Za-z0-9.:[\]-]+$/.test(host);
      return anywhere && derived && usable ? `http://${host}` : current.publicUrl;
    }

    return {
      operations,
      publicUrl: () => current.publicUrl,
      sources,

      /** Listens, and syncs by the clock from now on. Gives the address, which tells the port if 0 was asked for. */
      async serve(): Promise<{ host: string; port: number }> {
        // A given key that cannot be used is better known before anything is served.
        await signing.fingerprints();
        // Only a server needs it.
        const { createHttp } = await import('./server/http.ts');
        const { metricsOf } = await import('./metrics.ts');
        const { openDownloads } = fetcher;
        const counted = metricsOf({ ...deps, paths, sources, openDownloads });
        metrics = counted;
        undo.push(counted.close);
        const app = createHttp({
          channels,
          objects,
          log,
          serverKeys: signing.publicKeys,
          sources: sources.all,
          source: sources.get,
          publicUrl: publicUrlFor,
          fetchPackage: fetcher.open,
          requireTrusted: packageTrust.requireTrusted,
          upstreamAddress: fetcher.address,
          packageServed: counted.packageServed,
          metrics: { ...counted, allow: () => current.metricsAllow },
          trustedProxies: () => current.trustedProxies,
          notReady: () => (draining ? 'shutting down' : undefined),
        });
        const server = createServer(app.callback());
        counted.observe(server);
        counted.observe(control, 'control');
        server.requestTimeout = 60_000;
        server.headersTimeout = 20_000;
        const port = await listen(server, current.listen);
        serving = server;
        settleKeys();
        timetable.plan();
        if (current.listen.port === 0) {
          current = { ...current, publicUrl: current.publicUrl.replace(/:0$/, `:${port}`) };
        }
        return { host: current.listen.host, port };
      },

      /** Takes a new configuration over. Throws AppErrors and changes nothing if it does not fit. */
      async reload(next: Config): Promise<void> {
        await signing.check(next.signing);
        await sources.reload(next);
        signing.use(next.signing);
        settleKeys();
        metrics?.dropGone();
        if (
          next.data !== current.data ||
          next.listen.port !== current.listen.port ||
          next.listen.host !== current.listen.host
        ) {
          log.warn('listen and data change at the next start only');
        }
        const { data, listen } = current;
        // An address that follows from `listen` stays with it.
        const derived = next.publicUrl === urlOf(next.listen);
        const publicUrl = derived ? current.publicUrl : next.publicUrl;
        current = { ...next, data, listen, publicUrl };
        Object.assign(limits, next.limits);
        channels.invalidateAll();
        if (serving) timetable.plan();
      },

      /** Does what other commands ask of this process to the end, then closes. */
      async finish(): Promise<void> {
        await new Promise<void>((resolve) => {
          control.close(() => resolve());
          control.closeIdleConnections();
        });
        await this.close();
      },

      /** Ends what is under way, lets answers finish, and gives the data folder free. */
      close(): Promise<void> {
        closed ??= close();
        return closed;
      },
    };

    async function close(): Promise<void> {
      draining = true;
      timetable.stop();
      const drained = serving && closeServer(serving);
      await Promise.all([verifier.close(), rebuild.close()]);
      await runner.close();
      await drained;
      await fetcher.close();
      await signing.idle();
      for (const step of undo.reverse()) await step();
    }
  }
}
