import { AppError } from '../base/errors.ts';
import type {
  DynamicGroupTable,
  NewDynamicGroup,
  StoredDynamicGroup,
} from '../store/state/dynamic-groups.ts';
import type { Audit } from './audit.ts';
import { type Matched, matchingRule } from './matching-rule.ts';
import { folded, requireName } from './names.ts';
import type { Ocids } from './ocid.ts';

export interface DynamicGroup extends StoredDynamicGroup {
  ocid: string;
}

export type DynamicGroups = Awaited<ReturnType<typeof createDynamicGroups>>;

interface Deps {
  table: DynamicGroupTable;
  audit: Audit;
  ocids: Ocids;
  /** The names of the policies of which a statement names a dynamic group. */
  namedBy(group: { name: string; ocid: string }): string[];
  /** Called when there are others. */
  onChange(): void;
}

/** Groups of instances by a rule, which policies speak of. All of it is in memory, and this process is its only writer. */
export async function createDynamicGroups({ table, audit, ocids, namedBy, onChange }: Deps) {
  const byName = new Map<string, DynamicGroup>();
  let rules: { id: number; fits(instance: Matched): boolean }[] = [];

  async function load(): Promise<void> {
    const rows = await table.all();
    byName.clear();
    for (const row of rows) {
      byName.set(folded(row.name), { ...row, ocid: ocids.of('dynamicgroup', row.id) });
    }
    rules = rows.map(({ id, rule }) => ({ id, fits: matchingRule(rule) }));
    onChange();
  }
  await load();

  /** Throws AppError 'not_found'. */
  function require(name: string): DynamicGroup {
    const group = byName.get(folded(name));
    if (group) return group;
    throw new AppError('not_found', `there is no dynamic group ${name}`, {
      hint: 'see `headwater dynamic-group list`',
    });
  }

  return {
    /** By name. */
    all: (): DynamicGroup[] => [...byName.values()],
    /** The same in any case. */
    find: (name: string): DynamicGroup | undefined => byName.get(folded(name)),
    require,
    /** The ids of those that an instance is in. */
    of: (instance: Matched): ReadonlySet<number> =>
      new Set(rules.filter(({ fits }) => fits(instance)).map(({ id }) => id)),

    /** Throws AppError 'usage' for a rule that is none. */
    async create(group: NewDynamicGroup, by: string): Promise<DynamicGroup> {
      requireName(group.name, 'dynamic group');
      matchingRule(group.rule);
      if (!(await table.add(group))) {
        throw new AppError('conflict', `there is a dynamic group ${group.name} already`);
      }
      await load();
      const detail = group.rule;
      audit.note({
        ...{ actor: `user:${by}`, event: 'dynamic-group.created', subject: group.name, detail },
      });
      return require(group.name);
    },

    async setRule(name: string, rule: string, by: string): Promise<DynamicGroup> {
      const group = require(name);
      matchingRule(rule);
      await table.setRule(group.id, rule);
      await load();
      audit.note({
        ...{ actor: `user:${by}`, event: 'dynamic-group.changed', subject: group.name },
        detail: rule,
      });
      return require(name);
    },

    async remove(name: string, by: string): Promise<void> {
      const group = require(name);
      const [policy] = namedBy(group);
      if (policy !== undefined) {
        throw new AppError(
          'conflict',
          `the policy ${policy} names the dynamic group ${group.name}`,
          {
            hint: 'one of that name that comes later would have what it grants',
          },
        );
      }
      await table.remove(group.id);
      await load();
      audit.note({ actor: `user:${by}`, event: 'dynamic-group.removed', subject: group.name });
    },
  };
}
