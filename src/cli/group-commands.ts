import type { Command } from 'commander';
import type { GroupFlags } from './group.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater group …` */
export function addGroupCommands(program: Command): Command {
  const group = program.command('group').description('groups of instances, and what they give');
  const load = () => import('./group.ts');

  const create = about(shared(group.command('create')))
    .description('make a group')
    .argument('<name>', 'letters, digits and _ . -')
    .addHelpText(
      'after',
      `
Examples:
  headwater group create web
  headwater group create web --display-name 'Web servers' --compartment production`,
    );
  create.action(async (name: string, flags: Omit<GroupFlags, 'json'>) =>
    (await load()).createGroup(await configOf(create), name, { ...flags, json: jsonOf(create) }),
  );

  const set = about(shared(group.command('set')))
    .description('change what is said of a group, or put it into another compartment')
    .argument('<name>')
    .addHelpText(
      'after',
      `
Its instances stay in the compartments that they are in.

Example:
  headwater group set web --display-name 'Web servers' --compartment production`,
    );
  set.action(async (name: string, flags: Omit<GroupFlags, 'json'>) =>
    (await load()).changeGroup(await configOf(set), name, { ...flags, json: jsonOf(set) }),
  );

  const list = shared(group.command('list'))
    .description('list the groups, with their sources')
    .addHelpText('after', '\nExample:\n  headwater group list --json');
  list.action(async () => (await load()).listGroups(await configOf(list), jsonOf(list)));

  const show = shared(group.command('show'))
    .description('show a group and the instances in it')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater group show web');
  show.action(async (name: string) =>
    (await load()).showGroup(await configOf(show), name, jsonOf(show)),
  );

  const remove = shared(group.command('remove'))
    .description('remove a group; its instances stay, with what they have attached')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater group remove web');
  remove.action(async (name: string) =>
    (await load()).removeGroup(await configOf(remove), name, jsonOf(remove)),
  );

  const add = shared(group.command('add'))
    .description('put instances into a group, which gives them its sources')
    .argument('<name>')
    .argument('<ids...>')
    .addHelpText(
      'after',
      `
All of them or none: the members of a group have one release and architecture. Those that cannot have a source of the
group are in it without; the exit code is 1 then.

Example:
  headwater group add web 1000010000 1000010001`,
    );
  add.action(async (name: string, texts: string[]) => {
    const { addMembers } = await load();
    process.exitCode = await addMembers(await configOf(add), { name, texts }, jsonOf(add));
  });

  const drop = shared(group.command('drop'))
    .description('take instances out of a group; they keep what they have attached')
    .argument('<name>')
    .argument('<ids...>')
    .addHelpText('after', '\nExample:\n  headwater group drop web 1000010000');
  drop.action(async (name: string, texts: string[]) =>
    (await load()).dropMembers(await configOf(drop), { name, texts }, jsonOf(drop)),
  );
  return group;
}

/** What can be said of a group. */
const about = (command: Command): Command =>
  command
    .option('--display-name <text>', "what it is shown as; '' for its name")
    .option('--description <text>', 'what it is for')
    .option('--compartment <path>', "names with a colon between them; '' for the root");
