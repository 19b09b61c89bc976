import { type Command, Option } from 'commander';
import type { AttachFlags, ChangeFlags, ListFlags } from './instance.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater instance …` */
export function addInstanceCommands(program: Command): Command {
  const instance = program.command('instance').description('the machines that this server manages');
  const load = () => import('./instance.ts');

  const list = shared(instance.command('list'))
    .description('list instances, with when they were last heard of')
    .option('--group <name>', 'those in this group')
    .option('--tag <tag>', 'those with this tag')
    .option('--name <text>', 'those with this in their name')
    .option('--compartment <path>', 'those in this compartment, or below it')
    .option('--silent-for <duration>', 'those not heard of for so long, or since a time')
    .option('--has-updates [kind]', 'those that lack something, or something of a kind')
    .option('--no-updates', 'say nothing of updates, which is quicker')
    .addHelpText(
      'after',
      `
Options narrow the list down together. A twin says the same SMBIOS UUID as an instance that was there before it: the
same machine registered anew, or a copy of it.

UPDATES are those that an instance could install, and of these the security ones. Kinds are security, bugfix, enhancement, ksplice
and other.

Examples:
  headwater instance list
  headwater instance list --has-updates security
  headwater instance list --group web --silent-for 7d --json`,
    );
  list.action(async (flags: Omit<ListFlags, 'json'>) =>
    (await load()).listInstances(await configOf(list), { ...flags, json: jsonOf(list) }),
  );

  const show = shared(instance.command('show'))
    .description('show an instance: its system, its sources, when it was heard of')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  headwater instance show 1000010000');
  show.action(async (id: string) =>
    (await load()).showInstance(await configOf(show), id, jsonOf(show)),
  );

  const set = shared(instance.command('set'))
    .description('put instances into another compartment, give them tags, or take some from them')
    .argument('<ids...>')
    .option('--compartment <path>', "names with a colon between them; '' for the root")
    .option('--tag <tag...>', 'tags that they get')
    .addOption(noTag())
    .addHelpText(
      'after',
      `
All of them or none. Who may do what with an instance depends on its compartment; dynamic groups may go by tags.

Examples:
  headwater instance set 1000010000 1000010001 --compartment production:web
  headwater instance set 1000010000 --tag blue --no-tag green`,
    );
  set.action(async (ids: string[], flags: Omit<ChangeFlags, 'json'>) =>
    (await load()).changeInstances(await configOf(set), ids, { ...flags, json: jsonOf(set) }),
  );

  const credential = shared(instance.command('credential'))
    .description('give an instance a password for .repo files, and print it')
    .argument('<id>')
    .addHelpText(
      'after',
      `
For machines without the plugin: the user name is the instance's id. It is shown only now; the one before is good no more.

Example:
  headwater instance credential 1000010000`,
    );
  credential.action(async (id: string) =>
    (await load()).issueCredential(await configOf(credential), id, jsonOf(credential)),
  );

  const attach = shared(instance.command('attach'))
    .description('give an instance, or all of a group, sources')
    .argument('<id-and-labels...>', 'an instance’s id and labels; with --group labels only')
    .option('--group <name>', 'all instances of this group, and those that join it')
    .option(
      '--history',
      'of one instance: older revisions may be read too, where something is held back',
    )
    .option('--no-history', 'they may not')
    .addHelpText(
      'after',
      `
An instance has one parent source and children of that, all for its release and architecture. Ends with exit
code 1 if some of a group cannot have them; those that can do.

Examples:
  headwater instance attach 1000010000 ol8_appstream-x86_64
  headwater instance attach --group web ol8_baseos_latest-x86_64 ol8_appstream-x86_64`,
    );
  attach.action(async (words: string[], flags: Omit<AttachFlags, 'json'>) => {
    const about = { ...flags, how: 'attach', json: jsonOf(attach) } as const;
    process.exitCode = await (await load()).changeSources(await configOf(attach), words, about);
  });

  const detach = shared(instance.command('detach'))
    .description('take sources from an instance, or from all of a group')
    .argument('<id-and-labels...>', 'an instance’s id and labels; with --group labels only')
    .option('--group <name>', 'all instances of this group')
    .addHelpText(
      'after',
      `
Nothing is removed from the machines. A parent goes only with its children.

Examples:
  headwater instance detach 1000010000 ol8_appstream-x86_64
  headwater instance detach --group web ol8_appstream-x86_64`,
    );
  detach.action(async (words: string[], flags: Omit<AttachFlags, 'json'>) => {
    const about = { ...flags, how: 'detach', json: jsonOf(detach) } as const;
    process.exitCode = await (await load()).changeSources(await configOf(detach), words, about);
  });

  const remove = shared(instance.command('remove'))
    .description('forget instances: their systemids, passwords and tokens are good no more at once')
    .argument('<ids...>')
    .addHelpText(
      'after',
      `
Nothing changes on the machines, which have to register again. What the audit says of them stays.

Example:
  headwater instance remove 1000010000 1000010001`,
    );
  remove.action(async (ids: string[]) =>
    (await load()).removeInstances(await configOf(remove), ids, jsonOf(remove)),
  );
  return instance;
}

/** Not the opposite of --tag, which takes values as well. */
function noTag(): Option {
  const option = new Option('--no-tag <tag...>', 'tags that are taken from them');
  option.negate = false;
  return option;
}
