import type { Config } from './config.ts';
import { print, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export async function createDynamicGroup(
  config: Config,
  { json, ...group }: { name: string; rule: string; description: string; json: boolean },
): Promise<void> {
  const made = await withOperations(config, (o) =>
    o.createDynamicGroup({ ...group, by: userName() }),
  );
  print(json, made, () => `made the dynamic group ${made.name}`);
}

export async function listDynamicGroups(config: Config, json: boolean): Promise<void> {
  const groups = await withOperations(config, (o) => o.listDynamicGroups());
  print(json, groups, () => {
    if (groups.length === 0) return 'there are no dynamic groups';
    const rows = groups.map((g) => [g.name, String(g.instances), g.rule, g.description || '-']);
    return table([['NAME', 'INSTANCES', 'RULE', 'DESCRIPTION'], ...rows]);
  });
}

export async function setRule(
  config: Config,
  name: string,
  { rule, json }: { rule: string; json: boolean },
): Promise<void> {
  const group = await withOperations(config, (o) =>
    o.setDynamicGroupRule(name, rule, { by: userName() }),
  );
  print(json, group, () => `${group.name} has another rule`);
}

export async function removeDynamicGroup(
  config: Config,
  name: string,
  json: boolean,
): Promise<void> {
  await withOperations(config, (o) => o.removeDynamicGroup(name, { by: userName() }));
  print(json, { removed: name }, () => `removed the dynamic group ${name}; its instances stay`);
}
