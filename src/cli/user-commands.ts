import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import { addUserKeyCommands } from './user-key-commands.ts';

/** `headwater user …` */
export function addUserCommands(program: Command): void {
  const user = program
    .command('user')
    .description('who may register instances with a name and a password');
  addUserKeyCommands(user);
  const load = () => import('./user.ts');
  const fromStdin = 'the first line of standard input is the password';

  const add = shared(user.command('add'))
    .description('add a user; asks for the password')
    .argument('<name>')
    .option('--password-stdin', fromStdin)
    .addHelpText(
      'after',
      `
A password has 8 to 1024 characters. Only what scrypt makes of it is kept.

Examples:
  headwater user add ada
  headwater user add ada --password-stdin < password.txt`,
    );
  add.action(async (name: string, flags: { passwordStdin?: boolean }) =>
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
