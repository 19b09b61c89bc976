import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater dynamic-group …` */
export function addDynamicGroupCommands(program: Command): void {
  const group = program
    .command('dynamic-group')
    .description('groups of instances by a rule, which policies grant something to');
  const load = () => import('./dynamic-group.ts');

  const create = shared(group.command('create'))
    .description('make a dynamic group')
    .argument('<name>', 'letters, digits and _ . -')
    .requiredOption('--rule <rule>', 'which instances are in it')
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      `
A rule is ANY {…} or ALL {…} of instance.compartment.id = '<OCID>', instance.id = '<id>', tag.<name>.value = '<text>', each
also with !=, and of tag.<name>. Whoever is in the group may do nothing before a policy names it.

Examples:
  headwater dynamic-group create Web --rule "ANY {tag.role.value = 'web', tag.proxy}"
  headwater dynamic-group create Lab --rule "ALL {instance.compartment.id = 'ocid1.compartment.oc1..…'}"`,
    );
  create.action(async (name: string, flags: { rule: string; description?: string }) =>
    (await load()).createDynamicGroup(await configOf(create), {
      ...{ description: '', ...flags, name, json: jsonOf(create) },
    }),
  );

  const list = shared(group.command('list'))
    .description('list the dynamic groups, and how many instances are in each now')
    .addHelpText('after', '\nExample:\n  headwater dynamic-group list --json');
  list.action(async () => (await load()).listDynamicGroups(await configOf(list), jsonOf(list)));

  const rule = shared(group.command('rule'))
    .description('give a dynamic group another rule')
    .argument('<name>')
    .argument('<rule>')
    .addHelpText(
      'after',
      `\nExample:\n  headwater dynamic-group rule Web "ANY {tag.role.value = 'web'}"`,
    );
  rule.action(async (name: string, text: string) =>
    (await load()).setRule(await configOf(rule), name, { rule: text, json: jsonOf(rule) }),
  );

  const remove = shared(group.command('remove'))
    .description('remove a dynamic group that no policy names; its instances stay')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater dynamic-group remove Web');
  remove.action(async (name: string) =>
    (await load()).removeDynamicGroup(await configOf(remove), name, jsonOf(remove)),
  );
}
