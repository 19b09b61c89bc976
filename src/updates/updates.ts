import type { UpdateKind } from '../base/update-kinds.ts';
import type { AdvisoryTexts } from '../repodata/advisory-texts.ts';
import type { Evr } from '../repodata/evr.ts';
import type { AdvisoryReference } from '../store/catalogue/facts-texts.ts';

/**
 * `now` is what an instance could install: its channels as it sees them. `upstream` has what the mirrored sources behind them
 * have besides.
 */
export type View = 'now' | 'upstream';

/** A package as its name tells it from others. An epoch is `0` where there is none. */
export interface Build extends Evr {
  name: string;
  arch: string;
}

/** What an instance lacks: at most one for each name and architecture that is installed. */
export interface AvailableUpdate {
  name: string;
  arch: string;
  /** EVR (without an epoch of 0) of the highest that is installed; of what is obsoleted the NEVRA. */
  installed: string;
  available: string;
  build: Build;
  kind: UpdateKind;
  /** Ids of the advisories that ship what is newer than the installed one and no newer than the available one, sorted. */
  advisories: string[];
  cves: string[];
  /** Labels of the instance's sources that have it, or, of what is held back, behind which it is. */
  sources: string[];
  /** NEVRAs of the installed packages that it takes the place of, separated by `, `; null where it updates its own name. */
  obsoletes: string | null;
  /** Whether it is upstream, and not in the instance's channels. */
  heldBack: boolean;
  /** Bytes to be fetched. */
  size: number;
  /** Whether it takes effect only with a reboot. */
  reboot: boolean;
}

/** How many updates there are `now`, of each kind and together. */
export interface UpdateCounts extends Record<UpdateKind, number> {
  total: number;
  /** Those that are upstream only, besides. */
  heldBack: number;
  /** Whether something is installed that takes effect with the next boot. */
  reboot: boolean;
  /** Whether the instance said what is installed on it. All other values are 0 where it did not. */
  reported: boolean;
}

export interface AdvisorySummary {
  id: string;
  type: UpdateKind;
  /** As the vendor says it; empty for none. */
  severity: string;
  title: string;
  /** RFC 3339 in UTC, or as it stands where that is no time. */
  issued: string;
  updated: string;
  cves: string[];
  /** Labels of the mirrored sources that have it. */
  sources: string[];
}

/** An advisory of which an instance lacks something. */
export interface InstanceAdvisory extends AdvisorySummary {
  /** NEVRAs that it ships of what is installed in older versions. */
  packages: string[];
  /** Whether all of that is in the instance's channels now. */
  available: boolean;
}

/** All that is known of an advisory. What the vendor does not say is empty. */
export interface AdvisoryDetails extends AdvisorySummary, AdvisoryTexts {
  references: AdvisoryReference[];
  packages: Build[];
}

/** An instance that an advisory concerns: it has one of its packages. */
export interface AffectedInstance {
  instance: number;
  state: 'affected' | 'fixed';
  /** What is installed, and what the advisory ships of it: NEVRAs. Of one that is affected what is too old, else all. */
  packages: { installed: string; needed: string }[];
  /** Whether the instance's channels have all that is needed now; true of one that is fixed. */
  available: boolean;
}

export interface AdvisoryQuery {
  /** The whole id, or with `*`. */
  id?: string | undefined;
  cve?: string | undefined;
  kind?: UpdateKind | undefined;
  /** In whatever case. */
  severity?: string | undefined;
  /** RFC 3339 or a date, inclusive. */
  issuedFrom?: string | undefined;
  /** Exclusive. */
  issuedTo?: string | undefined;
  /** The whole name of a package that it ships. */
  package?: string | undefined;
  /** Labels of mirrored sources; of all where it is absent. */
  sources?: readonly string[] | undefined;
}

export interface FleetSummary {
  instances: number;
  /** Of which it is known what is installed. */
  reported: number;
  withUpdates: number;
  withSecurityUpdates: number;
  /** Of those that reported. */
  upToDate: number;
  withHeldBack: number;
  rebootsPending: number;
  /** Updates of all instances together. */
  updates: Record<UpdateKind, number> & { total: number; heldBack: number };
  /** Those that concern some instance: the security ones first, by how many instances they affect. At most 20. */
  advisories: (AdvisorySummary & { affected: number })[];
  /** When this was computed: RFC 3339. */
  at: string;
}

/** A stream of a module as an instance sees it. */
export interface InstanceModule {
  module: string;
  stream: string;
  /** `default` is in use because nothing else was chosen; `disabled` is said of the whole module. */
  state: 'enabled' | 'disabled' | 'default' | 'none';
  isDefault: boolean;
  /** Whether the state was told by the instance, and not inferred from its packages. */
  noted: boolean;
  version: string;
  summary: string;
  sources: string[];
  profiles: { name: string; installed: boolean; isDefault: boolean; packages: string[] }[];
}

/** Modules as an instance said that they are: a stream of null is a module that is disabled. */
export type NotedModules = Record<string, { stream: string | null; profiles?: string[] }>;

/** What `changed` is told of: a source's content, all that concerns an instance, or anything. */
export type UpdatesChange = { source: string } | { instance: number } | 'all';

/** What instances lack. Throws AppErrors: 'not_found' where there is no such instance. */
export interface Updates {
  /** Sorted by name and architecture. `upstream` has those of `now`, or newer ones in their place. */
  of(instance: number, view: View): Promise<AvailableUpdate[]>;
  /** The newest build of each name and architecture in the instance's channels of which no version is installed. */
  installable(instance: number): Promise<{ build: Build; sources: string[] }[]>;
  /** Of these instances, or all. An instance that is not there is left out. */
  counts(instances?: readonly number[]): Promise<Map<number, UpdateCounts>>;
  advisoriesOf(instance: number): Promise<InstanceAdvisory[]>;
  /** In all mirrored sources as they are now, the latest first. */
  search(query: AdvisoryQuery): Promise<AdvisorySummary[]>;
  /** As all mirrored sources have it, or these. */
  advisory(id: string, sources?: readonly string[]): Promise<AdvisoryDetails | undefined>;
  affected(about: { advisory: string } | { cve: string }): Promise<AffectedInstance[]>;
  summary(instances?: readonly number[]): Promise<FleetSummary>;
  /** The builds that bring an instance up to date in these kinds. */
  builds(instance: number, kinds: readonly UpdateKind[] | 'all'): Promise<Build[]>;
  modules(instance: number): Promise<InstanceModule[]>;
  /** To be called when something changed that answers depend on. Costs next to nothing. */
  changed(what: UpdatesChange): void;
  /** When what changed is taken into account, as far as anything is kept. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
