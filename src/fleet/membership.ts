import type { StateTransaction } from '../store/state/group-commit.ts';
import type { GroupTable } from '../store/state/groups.ts';
import { isSameSystem, type System, systemText } from './fits.ts';

type Member = System & { id: number };

/** What keeps instances and groups apart. */
export interface Unfit {
  group: string;
  /** A sentence. */
  reason: string;
}

/** Why an instance cannot be in a group, whose members all have one release and architecture; undefined where it can. */
export async function unfitFor(
  tx: StateTransaction,
  table: GroupTable,
  { instance, group }: { instance: Member; group: string },
): Promise<string | undefined> {
  const other = await table.firstBut(tx, group, instance.id);
  if (!other || isSameSystem(other, instance)) return undefined;
  return `instance ${instance.id} has ${systemText(instance)}, and the members of the group ${group} have ${systemText(other)}`;
}

/**
 * Puts an instance into those groups that it can be in, and takes it out of those that it cannot be in any more, its release
 * or architecture being another one now.
 */
export async function settleGroups(
  tx: StateTransaction,
  table: GroupTable,
  { instance, joins }: { instance: Member; joins: readonly string[] },
): Promise<{ refused: Unfit[]; left: Unfit[] }> {
  const refused: Unfit[] = [];
  const left: Unfit[] = [];
  for (const group of await table.of(tx, instance.id)) {
    const reason = await unfitFor(tx, table, { instance, group });
    if (reason === undefined) continue;
    await table.leave(tx, instance.id, group);
    left.push({ group, reason });
  }
  for (const group of joins) {
    const reason = await unfitFor(tx, table, { instance, group });
    if (reason === undefined) await table.join(tx, instance.id, [group]);
    else if (!left.some((unfit) => unfit.group === group)) refused.push({ group, reason });
  }
  return { refused, left };
}
