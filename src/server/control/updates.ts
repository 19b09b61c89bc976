import type { UpdateKind } from '../../base/update-kinds.ts';
import type {
  AdvisoryDetails,
  AdvisoryQuery,
  AdvisorySummary,
  AffectedInstance,
  AvailableUpdate,
  Build,
  FleetSummary,
  InstanceAdvisory,
  UpdateCounts,
} from '../../updates/updates.ts';

/** What the command line asks about what instances lack. All throw AppErrors. */
export interface UpdateOperations {
  listUpdates(instance: number, wanted: UpdatesWanted): Promise<ListedUpdates>;
  /** What is in an instance's channels of which no version is installed, by name. */
  listInstallable(instance: number): Promise<Installable[]>;
  /** The advisories of which an instance lacks something, the most urgent first. */
  instanceAdvisories(instance: number): Promise<InstanceAdvisory[]>;
  /** In the mirrored sources as they are now, the latest first. */
  searchAdvisories(query: AdvisoryQuery): Promise<AdvisorySummary[]>;
  showAdvisory(id: string, about?: { sources: readonly string[] }): Promise<ShownAdvisory>;
  /** What advisories say of a CVE; nothing where none names it. */
  showCve(cve: string): Promise<ShownCve>;
  /** Of all instances, or of those in a group, and in a compartment or below it. */
  fleetSummary(of: { group: string | null; compartment: string | null }): Promise<FleetSummary>;
}

export interface UpdatesWanted {
  /** What is upstream and not in the instance's channels, instead of what it could install. */
  heldBack: boolean;
  /** Of these kinds; null for all. */
  kinds: UpdateKind[] | null;
}

export interface ListedUpdates {
  instance: number;
  /** Of all kinds. */
  counts: UpdateCounts;
  updates: AvailableUpdate[];
}

export interface Installable {
  build: Build;
  /** Labels of the instance's sources that have it. */
  sources: string[];
}

/** An instance that an advisory concerns, with what people call it. */
export interface ConcernedInstance extends AffectedInstance {
  name: string;
}

export interface ShownAdvisory extends AdvisoryDetails {
  /** Those that lack something of it first. */
  instances: ConcernedInstance[];
}

export interface ShownCve {
  cve: string;
  advisories: AdvisorySummary[];
  /** Those that are affected first. */
  instances: ConcernedInstance[];
}
