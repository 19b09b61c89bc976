import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater compartment …` */
export function addCompartmentCommands(program: Command): void {
  const compartment = program
    .command('compartment')
    .description('the tree of compartments, in which everything is that policies speak of');
  const load = () => import('./compartment.ts');

  const create = shared(compartment.command('create'))
    .description('make a compartment')
    .argument('<path>', 'its name; of one in another, the names with colons between')
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      `
What is in no compartment is in the root, which is the tenancy itself.

Examples:
  headwater compartment create production
  headwater compartment create production:web --description "web servers"`,
    );
  create.action(async (path: string, { description = '' }: { description?: string }) =>
    (await load()).createCompartment(await configOf(create), path, {
      ...{ description, json: jsonOf(create) },
    }),
  );

  const list = shared(compartment.command('list'))
    .description('list the compartments, with their OCIDs')
    .addHelpText('after', '\nExample:\n  headwater compartment list --json');
  list.action(async () => (await load()).listCompartments(await configOf(list), jsonOf(list)));

  const describe = shared(compartment.command('describe'))
    .description('give a compartment another description')
    .argument('<path>')
    .argument('<text>')
    .addHelpText(
      'after',
      '\nExample:\n  headwater compartment describe production "what customers see"',
    );
  describe.action(async (path: string, description: string) =>
    (await load()).describeCompartment(await configOf(describe), path, {
      ...{ description, json: jsonOf(describe) },
    }),
  );

  const rename = shared(compartment.command('rename'))
    .description('give a compartment another name where it is')
    .argument('<path>')
    .argument('<name>')
    .addHelpText(
      'after',
      `
What is in it stays there, and statements of policies that say \`in compartment\` follow. Conditions on
target.compartment.name do not.

Example:
  headwater compartment rename production:web front`,
    );
  rename.action(async (path: string, name: string) =>
    (await load()).renameCompartment(await configOf(rename), path, {
      ...{ name, json: jsonOf(rename) },
    }),
  );

  const remove = shared(compartment.command('remove'))
    .description('remove a compartment in which nothing is, and which no policy names')
    .argument('<path>')
    .addHelpText('after', '\nExample:\n  headwater compartment remove production:web');
  remove.action(async (path: string) =>
    (await load()).removeCompartment(await configOf(remove), path, jsonOf(remove)),
  );
}
