import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export async function createUserGroup(
  config: Config,
  name: string,
  { description, json }: { description: string; json: boolean },
): Promise<void> {
  const group = await withOperations(config, (o) =>
    o.createUserGroup(name, { description, by: userName() }),
  );
  print(json, group, () => `made the group of users ${group.name}`);
}

export async function listUserGroups(config: Config, json: boolean): Promise<void> {
  const groups = await withOperations(config, (o) => o.listUserGroups());
  print(json, groups, () => {
    if (groups.length === 0) return 'there are no groups of users';
    const rows = groups.map((g) => [
      ...[g.name, g.members.join(', ') || '-', shownTime(g.createdAt), g.description || '-'],
    ]);
    return table([['NAME', 'USERS', 'MADE', 'DESCRIPTION'], ...rows]);
  });
}

export async function removeUserGroup(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeUserGroup(name, { by: userName() }));
  print(json, { removed: name }, () => `removed the group of users ${name}; its users stay`);
}

interface Members {
  users: string[];
  json: boolean;
}

export async function addUsers(config: Config, name: string, { users, json }: Members) {
  const group = await withOperations(config, (o) =>
    o.joinUserGroup(name, users, { by: userName() }),
  );
  print(json, group, () => `${users.join(', ')} joined the group ${group.name}`);
}

export async function dropUsers(config: Config, name: string, { users, json }: Members) {
  const group = await withOperations(config, (o) =>
    o.leaveUserGroup(name, users, { by: userName() }),
  );
  print(json, group, () => `${users.join(', ')} left the group ${group.name}`);
}
