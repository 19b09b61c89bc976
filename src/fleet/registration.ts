import type { AppError } from '../base/errors.ts';
import type { Audit } from '../identity/audit.ts';
import type { Authoriser } from '../identity/authorise.ts';
import { hashOf, newSecret } from '../identity/secrets.ts';
import type { Users } from '../identity/users.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import type { GroupTable } from '../store/state/groups.ts';
import type { Instance, InstanceTable, NewInstance } from '../store/state/instances.ts';
import type { RegistrationKeyTable, StoredKey } from '../store/state/registration-keys.ts';
import { capabilitiesOf } from './capabilities.ts';
import { canonicalArch } from './fits.ts';
import type { Instances } from './instances.ts';
import { settleGroups } from './membership.ts';
import { refused } from './refusals.ts';
import type { RegistrationKeys } from './registration-keys.ts';
import { type RegistrationRequest, readRequest } from './registration-request.ts';
import { smbiosUuid } from './smbios.ts';

export type { RegistrationRequest } from './registration-request.ts';

export type Registration = ReturnType<typeof createRegistration>;

interface Deps {
  instances: Instances;
  keys: RegistrationKeys;
  users: Pick<Users, 'check'>;
  /** What policies say. */
  may: Pick<Authoriser, 'mayRegister' | 'mayRegisterMachines'>;
  audit: Audit;
  commit: GroupCommit;
  instanceTable: InstanceTable;
  keyTable: RegistrationKeyTable;
  groupTable: GroupTable;
  /** Throws refused('key_conflict') where the sources that these name, and their groups, do not go together. */
  requireOneParent(
    system: Pick<Instance, 'osRelease' | 'arch' | 'groups'>,
    labels: readonly string[],
  ): Promise<void>;
  /** Gives a new instance its first sources: what its keys and groups name, else the defaults. */
  attachInitial(instance: Instance, given: InitialSources): Promise<void>;
  /** For how long a machine may leave its registration unfinished, in milliseconds. */
  unfinishedMs(): number;
}

export interface InitialSources {
  labels: string[];
  groups: string[];
}

interface Applicant {
  owner: string;
  /** For the audit: user:NAME, key:NAME. */
  actor: string;
  keys: StoredKey[];
}

/** How a machine came by its record. */
type Way = 'registered' | 'reactivated' | 'taken-over';

interface Placed {
  id: number;
  way: Way;
  twinOf: number | undefined;
}

type Settled = Awaited<ReturnType<typeof settleGroups>>;

/** Machines become managed instances. */
export function createRegistration(deps: Deps) {
  const { instances, keys, users, may, audit, commit } = deps;
  const { instanceTable, keyTable, groupTable } = deps;

  /** Who vouches for the machine. */
  async function applicant(request: RegistrationRequest, address: string): Promise<Applicant> {
    if (request.user && request.keys.length === 0) {
      const owner = await users.check(request.user.name, request.user.password, address);
      const who = { owner, actor: `user:${owner}`, keys: [] };
      if (!may.mayRegisterMachines(owner, '')) throw notPermitted(who, { request, address });
      return who;
    }
    const read = await keys.read(request.keys);
    const [first] = read;
    if (!first)
      throw refused('incomplete', 'a registration key, or a user and a password, is needed');
    return { owner: first.createdBy, actor: `key:${first.name}`, keys: read };
  }

  /** Notes that policies keep a machine out; gives the refusal. */
  function notPermitted(
    { actor, keys: [key] }: Applicant,
    { request, address, id }: { request: RegistrationRequest; address: string; id?: number },
  ): AppError {
    const where = key?.compartment ? `the compartment ${key.compartment}` : 'the root compartment';
    const detail = `${request.name}: no policy grants the use of osms-managed-instances in ${where}`;
    audit.note({ actor, event: 'instance.refused', instance: id, address, detail });
    return refused('not_permitted', 'the policies of this server do not let this machine register');
  }

  /** Finds the machine its place, in one transaction with the uses of its keys. */
  async function place(
    tx: StateTransaction,
    row: NewInstance,
    { who, permit }: { who: Applicant; permit(id: number): void },
  ): Promise<Placed> {
    const { keys: given } = who;
    for (const { id } of given) {
      if (await keyTable.use(tx, id, row.registered_at)) continue;
      throw refused('key_used_up', 'the registration key is used up');
    }
    const bound = given.find((k) => k.reactivates !== null)?.reactivates;
    const same = row.smbios_uuid ? await instanceTable.withUuid(tx, row.smbios_uuid) : [];
    const silent = bound === undefined ? silentFor(same[0], row, given) : undefined;
    if (silent !== undefined) permit(silent);
    const taken = bound ?? silent;
    if (taken === undefined || taken === null) {
      const twinOf = same[0]?.id;
      return {
        id: await instanceTable.insert(tx, { ...row, twin_of: twinOf ?? null }),
        way: 'registered',
        twinOf,
      };
    }
    const there = await instanceTable.update(tx, taken, {
      ...{ ...row, compartment: undefined },
      // What let the machine in that had this place lets nobody in any more.
      ...{ password: null, certificate: null, kernel: null, booted_at: null },
      ...(row.compartment != null && { compartment: row.compartment }),
    });
    if (!there) throw refused('key_unknown', 'the instance of this registration key is gone');
    await instanceTable.clear(tx, taken);
    return {
      id: taken,
      way: silent === undefined ? 'reactivated' : 'taken-over',
      twinOf: undefined,
    };
  }

  async function enrol(
    request: RegistrationRequest,
    who: Applicant,
    address: string,
  ): Promise<{ instance: Instance; credential: string }> {
    const credential = newSecret();
    const row: NewInstance = {
      name: request.name,
      credential: hashOf(credential),
      os_name: request.osName,
      os_release: request.osRelease,
      arch: canonicalArch(request.arch),
      agent_version: request.agentVersion ?? null,
      capabilities: capabilitiesOf(request.capabilities ?? ''),
      smbios_uuid: smbiosUuid(request.smbiosUuid) ?? null,
      compartment: who.keys.find((k) => k.compartment !== null)?.compartment ?? null,
      owner: who.owner,
      registered_at: new Date().toISOString(),
      address,
    };
    const tags = unique(who.keys.flatMap((k) => k.tags));
    function permit(id?: number, before?: Instance): void {
      if (who.keys.length === 0) return;
      const compartment = row.compartment ?? before?.compartment ?? '';
      const all = unique([...tags, ...(before?.tags ?? [])]);
      if (may.mayRegister({ compartment, tags: all, id })) return;
      throw notPermitted(who, { request, address, ...(id !== undefined && { id }) });
    }
    const bound = who.keys.find((k) => k.reactivates !== null)?.reactivates ?? undefined;
    permit(bound, bound === undefined ? undefined : await instances.get(bound));
    const groups = unique(who.keys.flatMap((k) => k.groups));
    const labels = unique(who.keys.flatMap((k) => k.sources));
    // Before a record is made, or taken from the machine that has it.
    await deps.requireOneParent({ osRelease: row.os_release, arch: row.arch, groups }, labels);
    // Whether a record is silent, and finished, is on the disk then.
    if (who.keys.some((k) => k.reactivates !== null || k.takeoverMs !== null)) {
      await instances.flush();
    }
    const placed = await commit.write(async (tx) => {
      const found = await place(tx, row, { who, permit });
      await instanceTable.addTags(tx, found.id, tags);
      const member = { id: found.id, osRelease: row.os_release, arch: row.arch };
      return {
        ...found,
        settled: await settleGroups(tx, groupTable, { instance: member, joins: groups }),
      };
    });
    const { id, way, twinOf, settled } = placed;
    const instance = await (way === 'registered' ? instances.refresh(id) : instances.replaced(id));
    if (!instance) throw refused('systemid', 'the instance was removed while it registered');
    const note = { actor: who.actor, instance: id, address };
    try {
      await deps.attachInitial(instance, { labels, groups: [...instance.groups] });
    } catch (error) {
      if (way === 'registered') {
        await instances.remove(id, { actor: who.actor, event: 'instance.withdrawn', address });
      }
      await commit.write(async (tx) => {
        for (const key of who.keys) await keyTable.giveBack(tx, key.id);
      });
      throw error;
    }
    audit.note({
      ...note,
      event: `instance.${way}`,
      detail: `${request.name}, ${row.os_name} ${row.os_release}, ${row.arch}`,
    });
    noteGroups(note, settled);
    for (const key of who.keys.slice(1)) {
      audit.note({ ...note, actor: `key:${key.name}`, event: 'key.used', subject: key.name });
    }
    if (twinOf !== undefined) {
      audit.note({
        ...note,
        event: 'instance.twin',
        subject: String(twinOf),
        detail: `SMBIOS UUID ${row.smbios_uuid}`,
      });
    }
    return { instance, credential };
  }

  /** Of groups whose members have another release or architecture. */
  function noteGroups(
    note: { actor: string; instance: number; address: string },
    { refused: kept, left }: Settled,
  ): void {
    for (const { group: subject, reason: detail } of kept) {
      audit.note({ ...note, event: 'group.refused', subject, detail });
    }
    for (const { group: subject, reason: detail } of left) {
      audit.note({ ...note, event: 'group.left', subject, detail });
    }
  }

  return {
    /**
     * Registers a machine. Gives its instance and the credential for its systemid, which is told only now. Throws refused();
     * to note and slow that down is left to doors.
     */
    async register(
      asked: RegistrationRequest,
      address: string,
    ): Promise<{ instance: Instance; credential: string }> {
      const request = readRequest(asked);
      return enrol(request, await applicant(request, address), address);
    },

    /** Throws refused('not_permitted') where policies do not let a user say on a machine what it has. */
    requireAllowed(user: string, { id, compartment }: Instance, address: string): void {
      if (may.mayRegisterMachines(user, compartment ?? '')) return;
      audit.note({
        ...{ actor: `user:${user}`, event: 'instance.refused', instance: id, address },
        detail: 'no policy grants the use of osms-managed-instances in its compartment',
      });
      throw refused('not_permitted', 'the policies of this server do not let this user do that');
    },

    /** Removes registrations that their machines did not finish in time; gives how many. */
    async removeUnfinished(): Promise<number> {
      await instances.flush();
      const before = new Date(Date.now() - deps.unfinishedMs()).toISOString();
      let removed = 0;
      for (const id of await instanceTable.unfinished(before)) {
        // It may have come back just now.
        if (!(await instances.get(id))?.registering) continue;
        await instances.remove(id, { actor: 'server', event: 'instance.unfinished' });
        removed++;
      }
      return removed;
    },
  };
}

/**
 * The record that a machine takes over which says the same UUID: with a key that allows it, of its compartment, and if
 * nothing was heard from the machine that has it for as long as the key says.
 */
function silentFor(
  last: { id: number; compartment: string | null; heardAt: string } | undefined,
  row: NewInstance,
  keys: readonly StoredKey[],
): number | undefined {
  const patience = keys.map((k) => k.takeoverMs).filter((ms) => ms !== null);
  if (!last || patience.length === 0) return undefined;
  if (last.compartment !== (row.compartment ?? null)) return undefined;
  const silent = Date.parse(row.registered_at) - Date.parse(last.heardAt);
  return silent >= Math.min(...patience) ? last.id : undefined;
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];
