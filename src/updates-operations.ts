import { AppError } from './base/errors.ts';
import { updateKinds } from './base/update-kinds.ts';
import type { Instances } from './fleet/instances.ts';
import type {
  ConcernedInstance,
  ShownAdvisory,
  ShownCve,
  UpdateOperations,
} from './server/control/updates.ts';
import { latestFirst } from './updates/summaries.ts';
import type { AffectedInstance, UpdateCounts, Updates } from './updates/updates.ts';

interface Deps {
  updates: Updates;
  instances: Pick<Instances, 'get' | 'require' | 'list'>;
  groups: { require(name: string): Promise<unknown> };
  /** Throws AppError 'not_found' where there is no compartment of that path. */
  requireCompartment(path: string): void;
}

/** The operations on what instances lack. */
export function createUpdateOperations(deps: Deps): UpdateOperations {
  const { updates, instances, groups } = deps;

  async function concerned(
    about: Parameters<Updates['affected']>[0],
  ): Promise<ConcernedInstance[]> {
    const found = await updates.affected(about);
    // One that was removed meanwhile is left out.
    const named = await Promise.all(found.map(withName));
    return named
      .flatMap((one) => one ?? [])
      .toSorted((a, b) => rank(a) - rank(b) || a.instance - b.instance);
  }

  async function withName(one: AffectedInstance): Promise<ConcernedInstance | undefined> {
    const instance = await instances.get(one.instance);
    return instance && { ...one, name: instance.name };
  }

  return {
    async listUpdates(id, { heldBack, kinds }) {
      await instances.require(id);
      const found = await updates.of(id, heldBack ? 'upstream' : 'now');
      const counts = (await updates.counts([id])).get(id) ?? noUpdates;
      return {
        ...{ instance: id, counts },
        updates: found.filter(
          (one) => one.heldBack === heldBack && (kinds === null || kinds.includes(one.kind)),
        ),
      };
    },

    async listInstallable(id) {
      await instances.require(id);
      return (await updates.installable(id)).toSorted(
        ({ build: a }, { build: b }) => compare(a.name, b.name) || compare(a.arch, b.arch),
      );
    },

    async instanceAdvisories(id) {
      await instances.require(id);
      return (await updates.advisoriesOf(id)).toSorted(
        (a, b) => updateKinds.indexOf(a.type) - updateKinds.indexOf(b.type) || latestFirst(a, b),
      );
    },

    searchAdvisories: (query) => updates.search(query),

    async showAdvisory(id, about): Promise<ShownAdvisory> {
      const found = await updates.advisory(id, about?.sources);
      if (!found) throw noAdvisory(id);
      return { ...found, instances: await concerned({ advisory: found.id }) };
    },

    async showCve(text): Promise<ShownCve> {
      const cve = text.trim().toUpperCase();
      const advisories = await updates.search({ cve });
      return { cve, advisories, instances: await concerned({ cve }) };
    },

    async fleetSummary({ group, compartment }) {
      if (group === null && compartment === null) return updates.summary();
      if (group !== null) await groups.require(group);
      if (compartment) deps.requireCompartment(compartment);
      const filter = { group: group ?? undefined, compartment: compartment ?? undefined };
      return updates.summary((await instances.list(filter)).map(({ id }) => id));
    },
  };
}

/** Of an instance that is not known to lack anything. */
export const noUpdates: UpdateCounts = {
  ...{ security: 0, ksplice: 0, bugfix: 0, enhancement: 0, other: 0 },
  ...{ total: 0, heldBack: 0, reboot: false, reported: false },
};

const rank = ({ state }: AffectedInstance): number => (state === 'affected' ? 0 : 1);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const noAdvisory = (id: string): AppError =>
  new AppError('not_found', `no mirrored source has an advisory ${id}`, {
    hint: 'see `headwater advisory list`',
  });
