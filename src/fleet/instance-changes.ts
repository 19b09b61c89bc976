import { errorCode } from '../base/errors.ts';
import type { Audit } from '../identity/audit.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { InstanceSettingTable } from '../store/state/instance-settings.ts';
import type { InstanceTable } from '../store/state/instances.ts';
import { noCompartment } from './group-places.ts';
import { type Instance, type Instances, noInstance } from './instances.ts';
import { requireTags } from './registration-keys.ts';

/** What is to become of instances; what is left out stays. */
export interface InstanceChange {
  /** A path; empty for the root. */
  compartment?: string | undefined;
  tags?: readonly string[] | undefined;
  noTags?: readonly string[] | undefined;
}

/** What users set on an instance. */
export interface InstanceSettings {
  notificationTopicId?: string | undefined;
  isDataCollectionAuthorized?: boolean | undefined;
}

export type InstanceChanges = ReturnType<typeof createInstanceChanges>;

interface Deps {
  table: InstanceTable;
  settings: InstanceSettingTable;
  commit: GroupCommit;
  audit: Audit;
  instances: Instances;
}

/** What people change about instances. */
export function createInstanceChanges(deps: Deps) {
  const { table, settings, commit, audit, instances } = deps;

  return {
    /** Moves instances to a compartment, gives them tags and takes some from them; all or none. Throws AppErrors. */
    async change(
      ids: readonly number[],
      { compartment, tags = [], noTags = [] }: InstanceChange,
      by: string,
    ): Promise<Instance[]> {
      requireTags([...tags, ...noTags]);
      const before: Instance[] = [];
      for (const id of new Set(ids)) before.push(await instances.require(id));
      await commit.write(async (tx) => {
        // It may be removed as long as nothing is in it.
        if (compartment !== undefined && !(await table.hasCompartment(tx, compartment))) {
          throw noCompartment(compartment);
        }
        for (const { id } of before) {
          if (compartment !== undefined) {
            await table.update(tx, id, { compartment: compartment === '' ? null : compartment });
          }
          await table.dropTags(tx, id, noTags);
          await table.addTags(tx, id, tags);
        }
      });
      const actor = `user:${by}`;
      for (const { id, compartment: from, tags: had } of before) {
        await instances.refresh(id);
        if (compartment !== undefined && compartment !== (from ?? '')) {
          const detail = `from ${from ?? 'the root'} to ${compartment || 'the root'}`;
          audit.note({ actor, event: 'instance.moved', instance: id, detail });
        }
        for (const subject of tags.filter((tag) => !had.includes(tag))) {
          audit.note({ actor, event: 'instance.tagged', instance: id, subject });
        }
        for (const subject of noTags.filter((tag) => had.includes(tag) && !tags.includes(tag))) {
          audit.note({ actor, event: 'instance.untagged', instance: id, subject });
        }
      }
      return Promise.all(before.map(({ id }) => instances.require(id)));
    },

    settings: (id: number): Promise<InstanceSettings> => settings.of(id),

    async setSettings(id: number, values: InstanceSettings, by: string): Promise<void> {
      const given = Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined));
      if (Object.keys(given).length === 0) return;
      try {
        await commit.write((tx) => settings.set(tx, id, given));
      } catch (error) {
        if (errorCode(error) !== 'SQLITE_CONSTRAINT_FOREIGNKEY') throw error;
        throw noInstance(id);
      }
      const detail = Object.keys(given).join(', ');
      audit.note({ actor: `user:${by}`, event: 'instance.changed', instance: id, detail });
    },
  };
}
