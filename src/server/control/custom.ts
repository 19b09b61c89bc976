import type { PackageChange } from '../../channels/custom.ts';
import type { CustomPackage } from '../../store/state/custom-packages.ts';

/** What is asked about the packages of custom sources. All throw AppErrors, and change nothing then. */
export interface CustomOperations {
  /** Adds the packages that names mean in other sources: in all, or in those of `from`, the first that has them counting. */
  addPackages(request: PackagesRequest & { from: string[] | null }): Promise<PackageChange>;
  removePackages(request: PackagesRequest): Promise<PackageChange>;
  /** By NEVRA. */
  listPackages(label: string): Promise<CustomPackage[]>;
}

export interface PackagesRequest {
  label: string;
  /** Each a name, name.arch, name-version-release.arch and what is between these, with an epoch where one likes. */
  names: string[];
  by: string;
}
