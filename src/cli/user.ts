import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { newPassword } from './password.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface PasswordFlags {
  passwordStdin?: boolean;
  json: boolean;
}

export async function addUser(
  config: Config,
  name: string,
  { passwordStdin = false, json }: PasswordFlags,
): Promise<void> {
  const password = await newPassword(passwordStdin, name);
  const user = await withOperations(config, (o) => o.addUser(name, password, { by: userName() }));
  print(json, user, () => `added ${user.name}`);
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
    const rows = users.map((u) => [u.name, shownTime(u.createdAt), u.createdBy]);
    return table([['NAME', 'ADDED', 'BY'], ...rows]);
  });
}

export async function removeUser(config: Config, name: string, json: boolean): Promise<void> {
  await withOperations(config, (o) => o.removeUser(name, { by: userName() }));
  print(json, { removed: name }, () => `removed ${name}; what was registered as ${name} stays`);
}
