import type { UpdateKind } from '../../base/update-kinds.ts';
import type { DoneForEach, GroupChange, ShownGroup } from '../../fleet/groups.ts';
import type { InstanceChange, InstanceSettings } from '../../fleet/instance-changes.ts';
import type { HardwareEntry, Instance, InstanceFilter } from '../../fleet/instances.ts';
import type { KeyState, NewKey } from '../../fleet/registration-keys.ts';
import type { AuditEntry } from '../../store/state/audit.ts';
import type { RegistrationKey } from '../../store/state/registration-keys.ts';
import type { UpdateCounts } from '../../updates/updates.ts';

/** What the command line asks about instances and what they register with. `by` is who asks. All throw AppErrors. */
export interface FleetOperations {
  /** Makes a registration key; `key` is told only now. */
  createRegistrationKey(request: NewKey & By): Promise<ShownKey & { key: string }>;
  listRegistrationKeys(): Promise<ShownKey[]>;
  revokeRegistrationKey(name: string, by: By): Promise<void>;

  listInstances(filter: ListFilter): Promise<ListedInstance[]>;
  showInstance(id: number): Promise<InstanceDetails>;
  /** Moves them to another compartment, gives them tags and takes some; all or none. */
  changeInstances(ids: number[], change: InstanceChange & By): Promise<Instance[]>;
  configureInstance(id: number, settings: InstanceSettings & By): Promise<void>;
  /** Gives it another password for HTTP Basic, which is told only now. */
  issueCredential(id: number, by: By): Promise<{ id: number; password: string }>;
  /** Removes all that belongs to them; all or none. */
  removeInstances(ids: number[], by: By): Promise<void>;
  /** Gives an instance, or all of a group, sources. `history`: whether older revisions may be read where something is held back, of one instance only; null for as it is. */
  attachSources(request: AttachRequest & { history: boolean | null }): Promise<Attached>;
  detachSources(request: AttachRequest): Promise<Attached>;

  /** Without a name, one that is made of what it is shown as. */
  createGroup(name: string | null, about: GroupChange & By): Promise<ShownGroup>;
  changeGroup(name: string, about: GroupChange & By): Promise<ShownGroup>;
  listGroups(): Promise<ShownGroup[]>;
  showGroup(name: string): Promise<ShownGroup & { members: Instance[] }>;
  removeGroup(name: string, by: By): Promise<void>;
  /** All or none, as all members have one release and architecture. `failed`: those that cannot have what the group gives. */
  joinGroup(name: string, ids: number[], by: By): Promise<DoneForEach>;
  leaveGroup(name: string, ids: number[], by: By): Promise<void>;

  /** The latest first. */
  queryAudit(query: AuditRequest): Promise<AuditEntry[]>;
}

export interface By {
  by: string;
}

export type ShownKey = RegistrationKey & { state: KeyState };

/** Of one instance or one group. */
export interface AttachRequest extends By {
  instance: number | null;
  group: string | null;
  labels: string[];
}

/** What the instance, or the group, has now. */
export interface Attached {
  sources: string[];
  /** Instances of the group that cannot have, or lose, these. */
  failed: { instance: number; reason: string }[];
}

export interface AuditRequest {
  instance: number | null;
  event: string | null;
  /** user:NAME, instance:ID, key:NAME, or anyone. */
  actor?: string | null;
  requestId?: string | null;
  /** RFC 3339. */
  since: string | null;
  limit: number;
}

/** Which instances are listed, and how much is said of them. */
export interface ListFilter extends InstanceFilter {
  /** Those that lack something of this kind, or anything. */
  hasUpdates?: UpdateKind | 'any' | undefined;
  /** Whether it is said what they lack, which takes a moment where nobody asked for a while. */
  withUpdates?: boolean | undefined;
}

export interface ListedInstance extends Instance {
  /** How many packages are installed; null where it never said. */
  packages: number | null;
  /** What it lacks, where that was asked for. */
  updates?: UpdateCounts;
}

export interface InstanceDetails extends ListedInstance {
  /** As the API and the rules of dynamic groups name it. */
  ocid: string;
  /** `history`: whether older revisions may be read where something is held back. `sees`: the channel that it reads under the label. */
  sources: { label: string; history: boolean; sees: string }[];
  updates: UpdateCounts;
  /** Later records of what may be the same machine. */
  twins: number[];
  hardware: HardwareEntry[];
}
