import { AppError } from '../base/errors.ts';
import type {
  ResourceDetails,
  ResourceKind,
  ResourceTable,
  StoredResource,
} from '../store/state/resources.ts';
import type { Ocids, OcidType } from './ocid.ts';

export interface Resource extends StoredResource {
  ocid: string;
}

export type Resources = Awaited<ReturnType<typeof createResources>>;

const types = {
  source: 'osmssoftwaresource',
  group: 'osmsmanagedinstancegroup',
} as const satisfies Record<ResourceKind, OcidType>;

/**
 * What the API says of sources and groups of instances besides: their ids, compartments and tags. All of it is in memory,
 * and this process is its only writer. Things have it from when they are first asked for.
 */
export async function createResources({ table, ocids }: { table: ResourceTable; ocids: Ocids }) {
  const known = {
    source: new Map<string, Resource>(),
    group: new Map<string, Resource>(),
  } satisfies Record<ResourceKind, Map<string, Resource>>;
  const subjects = { source: new Map<number, string>(), group: new Map<number, string>() };

  async function load(kind: ResourceKind): Promise<void> {
    const rows = await table.all(kind);
    known[kind].clear();
    subjects[kind].clear();
    for (const row of rows) {
      known[kind].set(row.subject, { ...row, ocid: ocids.of(types[kind], row.id) });
      subjects[kind].set(row.id, row.subject);
    }
  }
  await load('source');
  await load('group');

  /** Of all these subjects. */
  async function ofAll(
    kind: ResourceKind,
    names: readonly string[],
  ): Promise<Map<string, Resource>> {
    const absent = names.filter((name) => !known[kind].has(name));
    if (absent.length > 0) {
      await table.ensure(kind, absent);
      await load(kind);
    }
    return new Map(names.map((name) => [name, known[kind].get(name)!]));
  }

  const of = async (kind: ResourceKind, subject: string) =>
    known[kind].get(subject) ?? (await ofAll(kind, [subject])).get(subject)!;

  return {
    of,
    ofAll,

    /** The subject that an OCID names; whether there is such a source or group still, its keeper knows. */
    byOcid(kind: ResourceKind, ocid: string): Resource | undefined {
      const id = ocids.read(types[kind], ocid);
      const subject = id === undefined ? undefined : subjects[kind].get(id);
      return subject === undefined ? undefined : known[kind].get(subject);
    },

    async change(
      kind: ResourceKind,
      subject: string,
      to: { compartment?: string; displayName?: string | null; details?: ResourceDetails },
    ): Promise<Resource> {
      const { id } = await of(kind, subject);
      await table.change(id, to);
      await load(kind);
      const changed = known[kind].get(subject);
      if (changed) return changed;
      throw new AppError('not_found', `there is no ${kind} ${subject} any more`);
    },

    /** It is gone: one of that name that comes later is another. */
    async forget(kind: ResourceKind, subject: string): Promise<void> {
      await table.remove(kind, subject);
      await load(kind);
    },

    /** How many are in a compartment itself. */
    countIn: (compartment: string): number =>
      [...known.source.values(), ...known.group.values()].filter(
        (r) => r.compartment === compartment,
      ).length,

    /** To be called when compartments were renamed. */
    async refresh(): Promise<void> {
      await load('source');
      await load('group');
    },
  };
}
