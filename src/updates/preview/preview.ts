import type { UpdateKind } from '../../base/update-kinds.ts';
import type { AdvisorySummary } from '../updates.ts';

/** What is to be done to an instance. */
export interface PreviewWish {
  /** All updates of these kinds. */
  updateAll?: UpdateKind[] | 'all' | undefined;
  /** Packages in any form that dnf takes: a name, name.arch, name-version, a path that starts with a slash. */
  install?: string[] | undefined;
  /** Installed packages that are brought up to their newest version. */
  update?: string[] | undefined;
  remove?: string[] | undefined;
  /** Streams of modules that are enabled before that; null disables the module. */
  enable?: { module: string; stream: string | null }[] | undefined;
}

/** A package that comes. */
export interface ComingPackage {
  name: string;
  arch: string;
  /** Its EVR, without an epoch of 0. */
  evr: string;
  /** The source that has it. */
  source: string;
  /** Bytes to download, and on the disk. */
  size: number;
  installedSize: number;
}

export interface GoingPackage {
  name: string;
  arch: string;
  evr: string;
}

/** What would be done to an instance, as far as that can be told. */
export interface Preview {
  /** Whether this is what would happen. */
  decided: boolean;
  /** Where it cannot be decided, what cannot be met, and what else is to be known: a sentence each. */
  reasons: string[];
  /** `installed` is the EVR that it replaces. */
  upgrades: (ComingPackage & { installed: string })[];
  /** Asked for. */
  installs: ComingPackage[];
  /** New, for what the others need; `weak` is what they do not need but recommend. */
  dependencies: (ComingPackage & { weak: boolean })[];
  /** `asked`: not for what else goes. */
  removals: (GoingPackage & { asked: boolean })[];
  /** Replaced by a package of another name, of which this is the NEVRA. */
  obsoleted: (GoingPackage & { by: string })[];
  downloadBytes: number;
  /** More, or less, on the disk afterwards. */
  installedBytes: number;
  /** The advisories that are closed by that. */
  advisories: AdvisorySummary[];
  cves: string[];
  /** Names of packages for which the machine has to be booted anew. */
  reboot: string[];
}
