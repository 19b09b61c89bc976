import type { PackageChange } from '../channels/custom.ts';
import type { Config } from './config.ts';
import { print, shownCount, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export async function listPackages(config: Config, label: string, json: boolean): Promise<void> {
  const packages = await withOperations(config, (o) => o.listPackages(label));
  print(json, packages, () => {
    if (packages.length === 0) return `${label} has no packages`;
    const from = (p: (typeof packages)[number]) => p.source + (p.revision ? `@${p.revision}` : '');
    return table([['PACKAGE', 'FROM'], ...packages.map((p) => [p.nevra, from(p)])]);
  });
}

export async function addPackages(
  config: Config,
  label: string,
  { json, ...request }: { names: string[]; from: string[] | null; json: boolean },
): Promise<void> {
  const by = userName();
  const change = await withOperations(config, (o) => o.addPackages({ label, ...request, by }));
  print(json, change, () => said(change));
}

export async function removePackages(
  config: Config,
  label: string,
  { json, names }: { names: string[]; json: boolean },
): Promise<void> {
  const by = userName();
  const change = await withOperations(config, (o) => o.removePackages({ label, names, by }));
  print(json, change, () => said(change));
}

function said({ label, added, removed, packages }: PackageChange): string {
  return [
    ...added.map((nevra) => `added ${nevra}`),
    ...removed.map((nevra) => `removed ${nevra}`),
    `${label} has ${shownCount(packages)} packages`,
  ].join('\n');
}
