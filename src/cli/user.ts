import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { newPassword } from './password.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface PasswordFlags {
  passwordStdin?: boolean;
  json: boolean;
}

export interface AddFlags extends PasswordFlags {
  password?: boolean;
  group?: string[];
  description?: string;
}

export async function addUser(
  config: Config,
  name: string,
  { passwordStdin = false, password: wanted = true, group = [], description = '', json }: AddFlags,
): Promise<void> {
  const password = wanted ? await newPassword(passwordStdin, name) : null;
  const about = { by: userName(), groups: group, description };
  const user = await withOperations(config, (o) => o.addUser(name, password, about));
  print(json, user, () => `added ${user.name}`);
  if (json || group.length > 0) return;
  process.stderr.write(`${name} is in no group of users, and may do nothing yet: see user-group\n`);
}

export async function setPassword(
  config: Config,
  name: string,
  { passwordStdin = false, json }: PasswordFlags,
): Promise<void> {
  const password = await newPassword(passwordStdin, name);
  await withOperations(config, (o) => o.setUserPassword(name, password, { by: userName() }));
  print(json, { name }, () => `${name} has another password`);
}

export async function listUsers(config: Config, json: boolean): Promise<void> {
  const users = await withOperations(config, (o) => o.listUsers());
  print(json, users, () => {
    if (users.length === 0) return 'there are no users';
    const rows = users.map((u) => [
      ...[u.name, u.groups.join(', ') || '-', u.hasPassword ? 'yes' : 'no'],
      ...[shownTime(u.createdAt), u.createdBy, u.description || '-'],
    ]);
    return table([['NAME', 'GROUPS', 'PASSWORD', 'ADDED', 'BY', 'DESCRIPTION'], ...rows]);
  });
}

export async function removeUser(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeUser(name, { by: userName() }));
  print(json, { removed: name }, () => `removed ${name}; what was registered as ${name} stays`);
}
