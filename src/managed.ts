import { explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { Source } from './base/source.ts';
import { createBuildLookup } from './build-lookup.ts';
import { channelName } from './channels/channels.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Resolver } from './channels/resolve.ts';
import { mirroredOrigins } from './channels/signing/origins.ts';
import type { FleetSettings } from './cli/fleet-section.ts';
import type { NotificationSettings } from './cli/notifications-section.ts';
import { createContentDigest } from './content-digest.ts';
import { createActions } from './fleet/actions.ts';
import { createAdvisories } from './fleet/advisories.ts';
import { createAttaching, type DefaultSources } from './fleet/attaching.ts';
import { createChannelLists } from './fleet/channel-lists.ts';
import { createContentChanges } from './fleet/content-changes.ts';
import { createGroups } from './fleet/groups.ts';
import { createInstanceChanges } from './fleet/instance-changes.ts';
import { createInstances, type Instance } from './fleet/instances.ts';
import { createLenses } from './fleet/lenses.ts';
import { createNamedLabels } from './fleet/named-labels.ts';
import { createProfiles } from './fleet/profiles.ts';
import { createRegistration } from './fleet/registration.ts';
import { createRegistrationKeys } from './fleet/registration-keys.ts';
import { createTokens } from './fleet/tokens.ts';
import type { FleetStores } from './fleet-stores.ts';
import type { Identity } from './identity/identity.ts';
import { createJobsPart } from './jobs-part.ts';
import { createNotifyPart } from './notify-part.ts';
import type { NotifyStores } from './notify-stores.ts';
import type { Offering } from './offering.ts';
import { createPreviewPart } from './preview-part.ts';
import { createRunsPart } from './runs-part.ts';
import { drawsOn } from './source-graph.ts';
import type { SourceSet } from './source-set.ts';
import type { Stores } from './stores.ts';
import { createUpdatesPart } from './updates-part.ts';

export interface ManagedDeps
  extends Pick<
    Stores,
    'objects' | 'leases' | 'revisions' | 'definitions' | 'paths' | 'syncs' | 'catalogue'
  > {
  fleetStores: FleetStores;
  notifyStores: NotifyStores;
  identity: Identity;
  sources: SourceSet;
  publisher: Offering['publisher'];
  resolver: Pick<Resolver, 'resolve' | 'behind'>;
  content: ContentThread;
  log: Log;
  settings(): FleetSettings;
  defaults(): DefaultSources[];
  notifications(): NotificationSettings;
}

export type Managed = Awaited<ReturnType<typeof createManaged>>;

/** How often what has had its time is looked for, in milliseconds. */
const tidyEvery = 60_000;
/** How often all profiles are read for packages that nobody has any more, in milliseconds. */
const prunePackagesEvery = 86_400_000;

/** Puts together what concerns managed instances: who they are, what they see, and what they are to do. */
export async function createManaged(deps: ManagedDeps) {
  const { fleetStores, identity, sources, log, settings } = deps;
  const { commits } = fleetStores;
  const { resources, compartments } = identity;
  const { audit, slowDown, users } = identity;
  const instances = createInstances({
    ...{ table: fleetStores.instances, commit: commits, audit, log },
  });
  compartments.onRenamed(instances.forgetAll);
  const instanceChanges = createInstanceChanges({
    ...{ table: fleetStores.instances, settings: fleetStores.instanceSettings },
    ...{ commit: commits, audit, instances },
  });
  const keys = createRegistrationKeys({ table: fleetStores.registrationKeys, audit });
  const { runs, ofActions } = createRunsPart({
    ...{ fleetStores, identity, log, instance: instances.get },
    ...{ profiles: () => profiles, actions: () => actions, updates: () => updates },
  });
  const profiles = createProfiles({
    ...{ table: fleetStores.profiles, commit: commits, watch: runs.watch },
  });
  const tokens = createTokens<Instance>({
    ...{ keys: fleetStores.sessionKeys, instances },
    lifetime: () => settings().tokenLifetimeMs,
  });
  const lenses = await createLenses(fleetStores.lenses);
  const changes = await createContentChanges({
    ...{ table: fleetStores.channelChanges, log },
    digestOf: createContentDigest(deps),
    drawsOn: (channel, label) => drawsOn(sources.get, channelName(channel).label, label),
    latest: fleetStores.attachments.latestSince,
  });
  const attachmentDeps = { attachments: fleetStores.attachments, commits, changes };
  const lists = createChannelLists({
    ...attachmentDeps,
    source: sources.get,
    lensOf: lenses.of,
    keyUrl: (source) => keyUrl(source, sources.get),
  });
  const attaching = createAttaching({
    ...{ ...attachmentDeps, lists, audit },
    source: sources.get,
    sources: sources.all,
    defaults: deps.defaults,
    ofGroup: async (group) => (await fleetStores.groups.find(group))?.sources ?? [],
  });
  const channelLists = {
    ...lists,
    attachable: attaching.attachable,
    isNamed: createNamedLabels({
      ...{ attachments: fleetStores.attachments, groups: fleetStores.groups },
      ...{ keys, defaults: deps.defaults },
    }),
    async attach(
      ids: readonly number[],
      labels: readonly string[],
      { by, history }: { by: string; history?: boolean | undefined },
    ): Promise<void> {
      for (const id of ids)
        await attaching.attach(await instances.require(id), labels, { by, history });
    },
    async detach(ids: readonly number[], labels: readonly string[], by: string): Promise<void> {
      for (const id of ids) await attaching.detach(await instances.require(id), labels, { by });
    },
    /** The instance has another release from now on, which it says itself. */
    async moveToRelease(instance: Instance): Promise<void> {
      const by = `instance:${instance.id}`;
      await attaching.moveToRelease(await groups.settle(instance, by), by);
    },
  };
  const groups = createGroups({
    ...{ table: fleetStores.groups, commit: commits, audit, instances },
    ...{ resources, hasCompartment: compartments.has },
    attach: (ids, labels, by) => channelLists.attach(ids, labels, { by: `user:${by}` }),
    detach: (ids, labels, by) => channelLists.detach(ids, labels, `user:${by}`),
  });
  const registration = createRegistration({
    ...{ instances, keys, users, may: identity, audit, commit: commits },
    instanceTable: fleetStores.instances,
    keyTable: fleetStores.registrationKeys,
    groupTable: fleetStores.groups,
    requireOneParent: attaching.requireOneParent,
    attachInitial: (instance, { labels }) =>
      attaching.attachInitial(instance, { labels, by: `instance:${instance.id}` }),
    unfinishedMs: () => settings().unfinishedMs,
  });
  const lookup = createBuildLookup(deps);
  const channelsOf = async (id: number) => {
    const instance = await instances.get(id);
    return instance ? lists.channels(instance) : [];
  };
  const advisories = createAdvisories({
    ...{ table: fleetStores.advisoryNumbers, channelsOf, packagesIn: lookup.advisory },
  });
  const actions = await createActions({
    ...{ table: fleetStores.actions, commit: commits, advisories, settings },
    instance: instances.get,
    installed: profiles.of,
    builds: async (id, names) => {
      const channels = await channelsOf(id);
      return Promise.all(channels.map((channel) => lookup.named(channel, names)));
    },
    note: audit.note,
    ...ofActions,
  });
  const updates = createUpdatesPart({ ...deps, instances, profiles, channelLists: lists, lenses });
  const jobs = createJobsPart({
    ...{ table: fleetStores.jobs, identity, instances, groups, log },
    ...{ runs, updates },
  });
  const notify = createNotifyPart({
    ...{ ...deps, instances, ocids: identity.ocids, settings: deps.notifications },
    mirrored: () => sources.mirrored().map((source) => source.label),
  });
  const preview = createPreviewPart({
    ...{ ...deps, instances, profiles, channelLists: lists },
    settings: fleetStores.instanceSettings,
  });
  instances.onReplaced(profiles.forget);
  instances.onRemoved((id) => {
    lists.forget(id);
    profiles.forget(id);
  });
  instances.onRemoved(runs.forget);

  let packagesPruned = Date.now();

  async function tidy(): Promise<void> {
    await registration.removeUnfinished();
    await actions.prune();
    await runs.tick();
    await audit.prune();
    if (Date.now() - packagesPruned < prunePackagesEvery) return;
    packagesPruned = Date.now();
    await profiles.prune();
    // Ids of versions may mean others from now on.
    updates.changed('all');
  }

  let timer: NodeJS.Timeout | undefined;
  let tidying: Promise<void> | undefined;

  return {
    ...{ audit, slowDown, instances, users, keys, profiles, tokens, lenses, channelLists, groups },
    ...{ registration, actions, runs, jobs, advisories, instanceChanges, updates, notify, preview },

    /** A source got a new revision, or other filters: instances that see it are told. */
    changed(label: string): Promise<void> {
      updates.changed({ source: label });
      return changes.changed(label);
    },

    /** Whether nothing was heard of an instance for longer than instances may be silent. */
    isSilent: ({ seenAt, registeredAt }: Instance): boolean =>
      Date.now() - Date.parse(seenAt ?? registeredAt) > settings().unreachableMs,

    /** The revisions that instances are shown instead of the current ones. */
    async shownPast() {
      const names = lenses.all().map((lens) => channelName(lens.channel));
      const behind = names.map(({ label, spec }) =>
        spec === undefined ? [] : deps.resolver.behind(label, spec),
      );
      return (await Promise.all(behind)).flat();
    },

    /** Brings a view up to what instances were told of it. */
    async fresh(channel: string): Promise<void> {
      if (sources.get(channel)?.kind !== 'view') return;
      // What cannot be brought up to date is as it was, and has said why.
      await deps.publisher.update(channel).catch(() => {});
    },

    /** Looks at what changed while nobody served, and from now on removes what has had its time. */
    start(): void {
      void changes.lookAtAll();
      runs.recover().catch((error) => log.error({ reason: explain(error) }, 'runs not carried on'));
      jobs.start();
      notify.start();
      timer = setInterval(() => {
        tidying ??= tidy()
          .catch((error) => log.error({ reason: explain(error) }, 'not tidied up'))
          .finally(() => {
            tidying = undefined;
          });
      }, tidyEvery).unref();
    },

    /** Writes what waits to be written. */
    async close(): Promise<void> {
      clearInterval(timer);
      await tidying;
      await jobs.close();
      await runs.settled();
      await updates.close();
      await notify.close();
      await preview.close();
      await instances.close();
      await identity.close();
      await commits.settled();
    },
  };
}

/** Where clients look for the keys that a source's packages are signed with; `osms register` puts them there. */
function keyUrl(source: Source, find: (label: string) => Source | undefined): string {
  const keyed = mirroredOrigins(source, find).some((origin) => origin.gpgKeys.length > 0);
  return keyed ? `file:///etc/pki/rpm-gpg/RPM-GPG-KEY-${source.label}` : '';
}
