import type { Config } from './config.ts';
import { print, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

interface Described {
  description: string;
  json: boolean;
}

export async function createCompartment(
  config: Config,
  path: string,
  { description, json }: Described,
): Promise<void> {
  const made = await withOperations(config, (o) =>
    o.createCompartment(path, { description, by: userName() }),
  );
  print(json, made, () => `made the compartment ${made.path}\n${made.ocid}`);
}

export async function listCompartments(config: Config, json: boolean): Promise<void> {
  const compartments = await withOperations(config, (o) => o.listCompartments());
  print(json, compartments, () => {
    const rows = compartments.map((c) => [
      ...[c.path === '' ? `(root) ${c.name}` : c.path, c.ocid, c.description || '-'],
    ]);
    return table([['PATH', 'OCID', 'DESCRIPTION'], ...rows]);
  });
}

export async function describeCompartment(
  config: Config,
  path: string,
  { description, json }: Described,
): Promise<void> {
  const changed = await withOperations(config, (o) =>
    o.describeCompartment(path, { description, by: userName() }),
  );
  print(json, changed, () => `${changed.path || 'the root'} has another description`);
}

export async function renameCompartment(
  config: Config,
  path: string,
  { name, json }: { name: string; json: boolean },
): Promise<void> {
  const renamed = await withOperations(config, (o) =>
    o.renameCompartment(path, name, { by: userName() }),
  );
  print(json, renamed, () => `${path} is ${renamed.path} now`);
}

export async function removeCompartment(
  config: Config,
  path: string,
  json: boolean,
): Promise<void> {
  await withOperations(config, (o) => o.removeCompartment(path, { by: userName() }));
  print(json, { removed: path }, () => `removed the compartment ${path}`);
}
