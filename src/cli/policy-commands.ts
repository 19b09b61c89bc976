import type { Command } from 'commander';
import type { AccessFlags, PolicyFlags } from './policy.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater policy …` */
export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('who may do what over the OS Management API, and which machines may register');
  const load = () => import('./policy.ts');

  const create = shared(policy.command('create'))
    .description('make a policy')
    .argument('<name>', 'letters, digits and _ . -')
    .option('--statement <statement...>', 'what it grants; several may be given')
    .option('--file <file>', 'a file of statements, one a line; # begins a comment')
    .option('--compartment <path>', 'to which it belongs (default: the root)')
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      `
A statement is \`Allow <subject> to <verb> <resource-type> in <scope> [where <condition>]\`; docs/policies.md says all of it.
Compartments are named as they are called in the policy's own.

Examples:
  headwater policy create Web --statement "Allow group Operators to use osms-managed-instances in compartment production:web"
  headwater policy create Readers --file readers.txt`,
    );
  create.action(async (name: string, flags: Omit<PolicyFlags, 'json'>) =>
    (await load()).createPolicy(await configOf(create), name, { ...flags, json: jsonOf(create) }),
  );

  const list = shared(policy.command('list'))
    .description('list the policies and their statements')
    .addHelpText('after', '\nExample:\n  headwater policy list --json');
  list.action(async () => (await load()).listPolicies(await configOf(list), jsonOf(list)));

  const show = shared(policy.command('show'))
    .description('show a policy')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater policy show Administrators');
  show.action(async (name: string) =>
    (await load()).showPolicy(await configOf(show), name, jsonOf(show)),
  );

  const set = shared(policy.command('set'))
    .description('give a policy other statements')
    .argument('<name>')
    .option('--statement <statement...>', 'what it grants; several may be given')
    .option('--file <file>', 'a file of statements, one a line; # begins a comment')
    .addHelpText('after', '\nExample:\n  headwater policy set Readers --file readers.txt');
  set.action(async (name: string, flags: Omit<PolicyFlags, 'json'>) =>
    (await load()).setStatements(await configOf(set), name, { ...flags, json: jsonOf(set) }),
  );

  const remove = shared(policy.command('remove'))
    .description('remove a policy, and with it what it granted')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  headwater policy remove Readers');
  remove.action(async (name: string) =>
    (await load()).removePolicy(await configOf(remove), name, jsonOf(remove)),
  );

  const test = shared(policy.command('test'))
    .description('say whether a user or an instance may do something, and by which statement')
    .argument('<verb>', 'inspect, read, use or manage')
    .argument('<resource-type>')
    .option('--user <name>', 'who asks')
    .option('--instance <id>', 'the same, of an instance')
    .option('--compartment <path>', 'where the resource is (default: the root)')
    .option('--operation <name>', 'for conditions on request.operation')
    .option('--target <ocid>', 'for conditions on target.resource.id')
    .addHelpText(
      'after',
      `
Ends with exit code 1 if not.

Example:
  headwater policy test use osms-managed-instances --user ada --compartment production`,
    );
  test.action(async (verb: string, type: string, flags: Omit<AccessFlags, 'json'>) => {
    const { testAccess } = await load();
    const wish = { ...flags, verb, type, json: jsonOf(test) };
    process.exitCode = await testAccess(await configOf(test), wish);
  });
}
