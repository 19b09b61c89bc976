import { createAccessPart } from './access-part.ts';
import { diskError, explain } from './base/errors.ts';
import { limits } from './base/limits.ts';
import type { Log } from './base/log.ts';
import { createChecker } from './channels/check/checker.ts';
import { createStrictCheck } from './channels/check/strict.ts';
import { createContentThread } from './channels/content/thread.ts';
import { createSigningKeys } from './channels/signing/keys.ts';
import { createCheckOperations } from './check-operations.ts';
import type { Config } from './cli/config.ts';
import { createCustomPart } from './custom-part.ts';
import { createDerivedDetails } from './derived-details.ts';
import { examine } from './doctor.ts';
import { createGcTimer } from './gc-operations.ts';
import { createIdentityPart } from './identity-part.ts';
import { refuseShown } from './lens-operations.ts';
import type { Address } from './listeners.ts';
import { closeServer } from './listening.ts';
import { createManaged } from './managed.ts';
import { createManagedOperations } from './managed-operations.ts';
import { createPackageFetcher } from './mirror/packages.ts';
import { createSyncRunner } from './mirror/sync-runner.ts';
import { createPackageTrust } from './mirror/trust/package-trust.ts';
import { createVerifier } from './mirror/verify.ts';
import { createOffering } from './offering.ts';
import { createOperations } from './operations.ts';
import { createCommands } from './server/control/commands.ts';
import { openControlDoor } from './server/control/door.ts';
import type { Metrics } from './server/metrics/metrics.ts';
import { createSourceSet } from './source-set.ts';
import { createCollector } from './store/collect/collector.ts';
import { dataPaths } from './store/paths.ts';
import { stateError } from './store/state/state.ts';
import { openStores } from './stores.ts';
import { createTime } from './time.ts';
import { createTimeOperations } from './time-operations.ts';
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
    const stores = await openStores(config.data, log, undo);
    const { paths, objects, catalogue, revisions, syncs, moves, keeping } = stores;
    const sources = await createSourceSet(stores, config);
    const packageTrust = createPackageTrust(stores);
    const collector = createCollector({
      ...stores,
      source: sources.get,
      sources: () => sources.all().map((s) => s.label),
      needed: async () => ({
        revisions: [...(await offering.frozen()), ...(await managed.shownPast())],
        objects: [...(await time.stages.undoable()), ...(await stores.customPackages.pinned())],
      }),
      grace: () => current.graceMs,
      space: () => current.space,
      sweepCache: (dryRun) => offering.sweepCache(dryRun),
      onFreed: (label) => offering.lookAgain(label),
    });
    const deps = {
      ...stores,
      packageTrust,
      sources,
      log,
      dataFolder: paths.root,
      minFree: () => current.minFree,
    };
    const signing = createSigningKeys(paths, {
      ...{ given: config.signing, log, wasSigned: revisions.anyDerived },
      onKeysChanged: async () => offering.signAnew(),
    });
    const checker = createChecker(paths);
    const offering = createOffering({
      ...deps,
      signing,
      grace: () => current.graceMs,
      refusal: createStrictCheck({ checker, revisions, source: sources.get }),
      isServing: () => serving,
      onPublished: (label) => {
        time.stages.settle(label);
        void managed.changed(label);
        if (serving) void time.automatic.run();
      },
    });
    undo.push(offering.close);
    // Before that: a publication may wait for it.
    undo.push(checker.close);
    await offering.redefine();
    const { channels, resolver, publisher } = offering;
    // There are none where nobody serves.
    let metrics: Metrics | undefined;
    const onReceived = (label: string, bytes: number) => metrics?.received(label, bytes);
    const content = createContentThread(paths);
    undo.push(content.close);
    const time = createTime({
      ...deps,
      resolver,
      publisher,
      packagesOf: async (revision) =>
        (await content.list(revision)).map(({ label, file, base }) => ({
          label,
          pkg: base === undefined ? file : { ...file, base },
        })),
      onReceived,
      onSnapshots: channels.invalidate,
      refuseShown: (channel) => refuseShown(managed.lenses, channel),
    });
    await time.stages.recover();
    const custom = createCustomPart({ ...deps, ...time, content, resolver, publisher });
    undo.push(custom.close);
    const runner = createSyncRunner({
      ...deps,
      onReceived,
      onPublished: offering.published,
      onEnded: (label, end) => {
        metrics?.syncEnded(label, end);
        managed.notify.syncEnded(label, end);
        collector.dropOriginals(label).catch((error) => {
          log.warn({ source: label, reason: explain(error) }, 'documents not dropped');
        });
      },
    });
    const verifier = createVerifier({ ...deps, sync: runner.run });
    const fetcher = createPackageFetcher({
      ...deps,
      onReceived,
      onFailed: (label, kind) => metrics?.packageFailed(label, kind),
    });
    const timetable = createTimetable({ sources, syncs, runner, snapshots: time.automatic.run });
    const gcTimer = createGcTimer({
      every: () => current.space.gcEveryMs,
      last: keeping.lastCollection,
      collect: () => operations.gc({ dryRun: false }, () => {}),
      log,
    });
    const identity = await createIdentityPart({ ...deps, settings: () => current.fleet });
    const managed = await createManaged({
      ...{ ...deps, identity, publisher, resolver, content },
      ...{ settings: () => current.fleet, defaults: () => current.defaults },
      notifications: () => current.notifications,
    });
    undo.push(managed.close);
    const part = await createAccessPart({ ...deps, identity, config: () => current, managed });
    const operations = createOperations({
      ...deps,
      managed: createManagedOperations({
        ...{ managed, identity, sources, access: part.operations, resolve: resolver.resolve },
        attachedTo: async (label) =>
          (await stores.fleetStores.attachments.instancesWith(label)).length,
        addSource: (definition) => operations.addSource(definition),
        removeSource: (label) => operations.removeSource(label),
      }),
      custom,
      publish: publisher.update,
      onRemoved: (label) => custom.forget(label, identity.resources),
      collector,
      runner,
      verifier,
      signing,
      time: createTimeOperations({ time, sources, revisions, moves }),
      count: time.history.count,
      derived: createDerivedDetails({
        objects,
        remarks: channels.remarks,
        problem: (label) => time.stages.problem(label) ?? publisher.problem(label),
      }),
      content,
      resolver,
      checks: createCheckOperations({ checker, sources, revisions, resolver }),
      publicUrl: part.publicUrl.now,
      nextSync: timetable.next,
      onChanged: async (label) => {
        await offering.redefine(label);
        metrics?.dropGone();
        void managed.changed(label);
        time.stages.settle();
        if (!serving) return;
        timetable.plan();
        offering.warmAll();
      },
      doctor: () =>
        examine({ paths, objects, catalogue, revisions, sources, minFree: current.minFree }),
    });
    const commands = createCommands(operations, identity.audit);
    const control = await openControlDoor(stores.socket, commands, log);
    undo.push(() => closeServer(control));
    let serving = false;
    let draining = false;
    let closed: Promise<void> | undefined;

    /** Publishes anew, in the background, what other keys signed. */
    function settleKeys(): void {
      void signing.settle().catch((error) => {
        log.error({ reason: explain(error) }, 'not published anew with the keys of now');
      });
    }

    return {
      ...{ operations, commands, identity, managed, sources },
      publicUrl: part.publicUrl.now,

      /** Listens, and syncs by the clock from now on. Gives the address, which tells the port if 0 was asked for. */
      async serve(): Promise<Address> {
        // A given key that cannot be used is better known before anything is served.
        await signing.fingerprints();
        // Only a server needs it.
        const { openPublicDoors } = await import('./public-doors.ts');
        const doors = await openPublicDoors({
          ...{ ...deps, operations, identity, offering, managed, access: part, fetcher, content },
          config: () => current,
          notReady: () => (draining ? 'shutting down' : undefined),
        });
        ({ metrics } = doors);
        undo.push(doors.close);
        metrics.observe(control, 'control');
        const address = await part.listeners.open(doors.app.callback(), metrics.observe);
        serving = true;
        part.publicUrl.listening(address.port);
        settleKeys();
        timetable.plan();
        offering.warmAll();
        time.stages.settle();
        custom.start();
        gcTimer.plan();
        managed.start();
        return address;
      },

      /** Takes a new configuration over. Throws AppErrors and changes nothing if it does not fit. */
      async reload(next: Config): Promise<void> {
        await signing.check(next.signing);
        await part.listeners.check(next);
        await sources.reload(next);
        signing.use(next.signing);
        settleKeys();
        metrics?.dropGone();
        if (next.data !== current.data || !part.listeners.isSame(next)) {
          log.warn('listen, tls.listen and data change at the next start only');
        }
        const { data, listen } = current;
        part.publicUrl.use(next);
        current = { ...next, data, listen };
        await part.listeners.refresh();
        Object.assign(limits, next.limits);
        await offering.redefine();
        offering.warmAll();
        time.stages.settle();
        if (serving) timetable.plan();
        if (serving) gcTimer.plan();
      },

      /** Does what other commands ask of this process to the end, then closes. */
      async finish(): Promise<void> {
        await new Promise<void>((resolve) => {
          control.close(() => resolve());
          control.closeIdleConnections();
        });
        await time.stages.settled();
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
      gcTimer.stop();
      const drained = part.listeners.close();
      await Promise.all([verifier.close(), stores.rebuild.close(), collector.close()]);
      await runner.close();
      await time.close();
      await drained;
      await fetcher.close();
      await signing.idle();
      for (const step of undo.reverse()) await step();
    }
  }
}
