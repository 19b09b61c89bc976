import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater user-group …` */
export function addUserGroupCommands(program: Command): void {
  const group = program
    .command('user-group')
    .description('groups of users, which policies grant something to');
  const load = () => import('./user-group.ts');

  const create = shared(group.command('create'))
    .description('make a group of users')
    .argument('<name>', 'letters, digits and _ . -')
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      `
A name is the same in any case. A group may do nothing before a policy names it.

Example:
  headwater user-group create Operators --description "who looks after the web servers"`,
    );
  create.action(async (name: string, { description = '' }: { description?: string }) =>
    (await load()).createUserGroup(await configOf(create), name, {
      ...{ description, json: jsonOf(create) },
    }),
  );

  const list = shared(group.command('list'))
    .description('list the groups of users, with who is in them')
    .addHelpText('after', '\nExample:\n  headwater user-group list --json');
  list.action(async () => (await load()).listUserGroups(await configOf(list), jsonOf(list)));

  const remove = shared(group.command('remove'))
    .description('remove a group of users that no policy names; its users stay')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater user-group remove Operators');
  remove.action(async (name: string) =>
    (await load()).removeUserGroup(await configOf(remove), name, jsonOf(remove)),
  );

  const add = shared(group.command('add'))
    .description('put users into a group')
    .argument('<name>')
    .argument('<users...>')
    .addHelpText('after', '\nExample:\n  headwater user-group add Registrars ada bob');
  add.action(async (name: string, users: string[]) =>
    (await load()).addUsers(await configOf(add), name, { users, json: jsonOf(add) }),
  );

  const drop = shared(group.command('drop'))
    .description('take users out of a group')
    .argument('<name>')
    .argument('<users...>')
    .addHelpText('after', '\nExample:\n  headwater user-group drop Registrars bob');
  drop.action(async (name: string, users: string[]) =>
    (await load()).dropUsers(await configOf(drop), name, { users, json: jsonOf(drop) }),
  );
}
