import type { Config } from './config.ts';
import { notDone, tableOf } from './instance.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { idOf } from './values.ts';

export async function createGroup(config: Config, name: string, json: boolean): Promise<void> {
  const group = await withOperations(config, (o) => o.createGroup(name, { by: userName() }));
  print(json, group, () => `made the group ${group.name}`);
}

export async function listGroups(config: Config, json: boolean): Promise<void> {
  const groups = await withOperations(config, (o) => o.listGroups());
  print(json, groups, () => {
    if (groups.length === 0) return 'there are no groups';
    const rows = groups.map((g) => [
      g.name,
      String(g.instances),
      g.sources.join(', ') || '-',
      shownTime(g.createdAt),
    ]);
    return table([['NAME', 'INSTANCES', 'SOURCES', 'MADE'], ...rows]);
  });
}

export async function showGroup(config: Config, name: string, json: boolean): Promise<void> {
  const group = await withOperations(config, (o) => o.showGroup(name));
  print(json, group, () =>
    [
      `group ${group.name}, made ${shownTime(group.createdAt)}`,
      `sources: ${group.sources.join(', ') || 'none'}`,
      group.members.length === 0 ? 'it has no instances' : tableOf(group.members),
    ].join('\n'),
  );
}

export async function removeGroup(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeGroup(name, { by: userName() }));
  print(json, { removed: name }, () => `removed the group ${name}; its instances stay`);
}

/** Gives the exit code: 1 where some cannot have what the group gives. */
export async function addMembers(
  config: Config,
  { name, texts }: { name: string; texts: string[] },
  json: boolean,
): Promise<number> {
  const ids = [...new Set(texts.map(idOf))];
  const { failed } = await withOperations(config, (o) =>
    o.joinGroup(name, ids, { by: userName() }),
  );
  print(json, { group: name, joined: ids, failed }, () =>
    [`${ids.join(', ')} joined the group ${name}`, ...failed.map(notDone)].join('\n'),
  );
  return failed.length === 0 ? 0 : 1;
}

export async function dropMembers(
  config: Config,
  { name, texts }: { name: string; texts: string[] },
  json: boolean,
): Promise<void> {
  const ids = [...new Set(texts.map(idOf))];
  await withOperations(config, (o) => o.leaveGroup(name, ids, { by: userName() }));
  print(json, { group: name, left: ids }, () => `${ids.join(', ')} left the group ${name}`);
}
