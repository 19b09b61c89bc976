import { AppError } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import type { DoneForEach } from './fleet/groups.ts';
import { keyState } from './fleet/registration-keys.ts';
import type { Managed } from './managed.ts';
import type { Attached, AttachRequest, FleetOperations, ShownKey } from './server/control/fleet.ts';
import type { RegistrationKey } from './store/state/registration-keys.ts';
import { noUpdates } from './updates-operations.ts';

interface Deps {
  fleet: Pick<
    Managed,
    | 'instances'
    | 'instanceChanges'
    | 'keys'
    | 'groups'
    | 'audit'
    | 'profiles'
    | 'channelLists'
    | 'lenses'
    | 'updates'
  >;
  /** Whether there is a source of this label. */
  hasSource(label: string): boolean;
  /** The OCID of an instance. */
  ocidOf(instance: number): string;
  /** Throws AppError 'not_found' where there is no compartment of that path. */
  requireCompartment(path: string): void;
}

/** The operations on instances and what they register with. */
export function createFleetOperations({
  fleet,
  hasSource,
  ocidOf,
  requireCompartment,
}: Deps): FleetOperations {
  const { instances, keys, groups, audit, profiles, channelLists, lenses, updates } = fleet;

  function requireSources(labels: readonly string[]): void {
    for (const label of labels) if (!hasSource(label)) throw noSource(label);
  }

  /** Refuses labels that nobody could have meant: of no source, and not attached either. */
  async function requireKnown({ instance, group, labels }: AttachRequest): Promise<void> {
    const had =
      group !== null
        ? (await groups.require(group)).sources
        : (await channelLists.attached(instance ?? 0)).map(({ label }) => label);
    requireSources(labels.filter((label) => !had.includes(label)));
  }

  /** What an instance or a group has after a change. */
  async function changed(
    { instance, group }: AttachRequest,
    ofInstance: (id: number) => Promise<void>,
    ofGroup: (name: string) => Promise<DoneForEach>,
  ): Promise<Attached> {
    if (group !== null) {
      const { failed } = await ofGroup(group);
      return { sources: (await groups.require(group)).sources, failed };
    }
    if (instance === null) throw new AppError('usage', 'neither an instance nor a group is named');
    await ofInstance(instance);
    const attached = await channelLists.attached(instance);
    return { sources: attached.map((a) => a.label), failed: [] };
  }

  return {
    async createRegistrationKey({ by, ...key }) {
      requireSources(key.sources);
      for (const group of key.groups) await groups.require(group);
      if (key.reactivates !== null) await instances.require(key.reactivates);
      // The root is where everything is that is nowhere else.
      const compartment = key.compartment === '' ? null : key.compartment;
      if (compartment !== null) requireCompartment(compartment);
      const { key: secret, about } = await keys.create({ ...key, compartment }, by);
      return { key: secret, ...shownKey(about) };
    },
    listRegistrationKeys: async () => (await keys.list()).map(shownKey),
    revokeRegistrationKey: (name, { by }) => keys.revoke(name, by),

    async listInstances({ hasUpdates, withUpdates = false, ...filter }) {
      const counts = await profiles.counts();
      const all = await instances.list(filter);
      const listed = all.map((i) => ({ ...i, packages: counts.get(i.id) ?? null }));
      if (!withUpdates && hasUpdates === undefined) return listed;
      const lacking = await updates.counts(all.map(({ id }) => id));
      return listed.flatMap((i) => {
        const own = lacking.get(i.id) ?? noUpdates;
        const wanted =
          hasUpdates === undefined || own[hasUpdates === 'any' ? 'total' : hasUpdates] > 0;
        return wanted ? { ...i, ...(withUpdates && { updates: own }) } : [];
      });
    },
    async showInstance(id) {
      const instance = await instances.require(id);
      return {
        ...instance,
        ocid: ocidOf(id),
        sources: (await channelLists.attached(id)).map(({ label, history }) => ({
          label,
          history,
          sees: lenses.of(instance, label)?.channel ?? label,
        })),
        packages: (await profiles.count(id)) ?? null,
        updates: (await updates.counts([id])).get(id) ?? noUpdates,
        twins: await instances.twinsOf(id),
        hardware: await instances.hardware(id),
      };
    },
    changeInstances: (ids, { by, ...change }) => fleet.instanceChanges.change(ids, change, by),
    configureInstance: (id, { by, ...settings }) =>
      fleet.instanceChanges.setSettings(id, settings, by),
    async issueCredential(id, { by }) {
      return { id, password: await instances.issuePassword(id, by) };
    },
    async removeInstances(ids, { by }) {
      for (const id of ids) await instances.require(id);
      for (const id of new Set(ids)) await instances.remove(id, { actor: `user:${by}` });
    },
    async attachSources({ history, ...request }) {
      const { labels, by } = request;
      requireSources(labels);
      if (history !== null && request.group !== null) {
        throw new AppError(
          'usage',
          'whether older revisions may be read is said for each instance',
          {
            hint: 'headwater instance attach ID LABEL… --history',
          },
        );
      }
      const about = { by: `user:${by}`, history: history ?? undefined };
      return changed(
        request,
        (id) => channelLists.attach([id], labels, about),
        (group) => groups.attach(group, labels, by),
      );
    },
    async detachSources(request) {
      const { labels, by } = request;
      await requireKnown(request);
      return changed(
        request,
        (id) => channelLists.detach([id], labels, `user:${by}`),
        (group) => groups.detach(group, labels, by),
      );
    },

    createGroup: (name, { by, ...about }) => groups.create(name, about, by),
    changeGroup: (name, { by, ...about }) => groups.change(name, about, by),
    listGroups: () => groups.list(),
    showGroup: (name) => groups.show(name),
    removeGroup: (name, { by }) => groups.remove(name, by),
    joinGroup: (name, ids, { by }) => groups.add(name, ids, by),
    leaveGroup: (name, ids, { by }) => groups.drop(name, ids, by),

    queryAudit: ({ instance, event, actor, requestId, since, limit }) =>
      audit.query({
        instance: instance ?? undefined,
        event: event ?? undefined,
        actor: actor ?? undefined,
        requestId: requestId ?? undefined,
        since: since ?? undefined,
        limit,
      }),
  };
}

const shownKey = (key: RegistrationKey & { id?: number }): ShownKey => {
  const { id: _, ...about } = key;
  return { ...about, state: keyState(key) };
};
