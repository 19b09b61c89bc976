import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { AddFlags } from './user.ts';
import { addUserKeyCommands } from './user-key-commands.ts';

/** `headwater user …` */
export function addUserCommands(program: Command): void {
  const user = program
    .command('user')
    .description('users: who may ask for something; what they may, policies say');
  addUserKeyCommands(user);
  const load = () => import('./user.ts');
  const fromStdin = 'the first line of standard input is the password';

  const add = shared(user.command('add'))
    .description('add a user; asks for the password')
    .argument('<name>')
    .option('--password-stdin', fromStdin)
    .option('--no-password', 'one who shows who they are otherwise: by a key, or a token')
    .option(
      '--group <group...>',
      'groups of users that they join; without, they may do nothing yet',
    )
    .option('--description <text>', 'who it is')
    .addHelpText(
      'after',
      `
A password has 8 to 1024 characters. Only what scrypt makes of it is kept. Who is to register instances with a name and a
password joins the group Registrars, who is to do everything, Administrators.

Examples:
  headwater user add ada --group Administrators
  headwater user add ada --group Registrars --password-stdin < password.txt
  headwater user add deploy --no-password --group Operators`,
    );
  add.action(async (name: string, flags: Omit<AddFlags, 'json'>) =>
    (await load()).addUser(await configOf(add), name, { ...flags, json: jsonOf(add) }),
  );

  const list = shared(user.command('list'))
    .description('list the users')
    .addHelpText('after', '\nExample:\n  headwater user list --json');
  list.action(async () => (await load()).listUsers(await configOf(list), jsonOf(list)));

  const remove = shared(user.command('remove'))
    .description('remove a user; what was registered by them stays')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater user remove ada');
  remove.action(async (name: string) =>
    (await load()).removeUser(await configOf(remove), name, jsonOf(remove)),
  );

  const password = shared(user.command('password'))
    .description('give a user another password; asks for it')
    .argument('<name>')
    .option('--password-stdin', fromStdin)
    .addHelpText('after', '\nExample:\n  headwater user password ada');
  password.action(async (name: string, flags: { passwordStdin?: boolean }) =>
    (await load()).setPassword(await configOf(password), name, {
      ...{ ...flags, json: jsonOf(password) },
    }),
  );
}
