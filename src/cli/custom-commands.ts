import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater source packages …` */
export function addCustomCommands(source: Command): void {
  const packages = source
    .command('packages')
    .description('list, add, remove packages of a custom source');

  const list = shared(packages.command('list'))
    .description('list the packages of a custom source, and where each was taken from')
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater source packages list ours --json');
  list.action(async (label: string) => {
    const { listPackages } = await import('./custom.ts');
    await listPackages(await configOf(list), label, jsonOf(list));
  });

  const add = shared(packages.command('add'))
    .description('put packages of other sources into a custom source')
    .argument('<label>')
    .argument('<name...>', 'name, name.arch, name-version-release.arch and what is between these')
    .option('--from <label...>', 'only of these sources, the first that has it (default: of any)')
    .addHelpText(
      'after',
      `
A name without a version means the newest build of each architecture that suits the source's. All names must mean something, or
nothing is changed. What was put in stays, and is fetched for that, also when its source drops it or has newer builds.

Examples:
  headwater source packages add ours nginx nginx-core-1.20.1-14.0.1.el9.x86_64
  headwater source packages add ours htop --from ol9_epel-x86_64`,
    );
  add.action(async (label: string, names: string[], flags: { from?: string[] }) => {
    const { addPackages } = await import('./custom.ts');
    const options = { names, from: flags.from ?? null, json: jsonOf(add) };
    await addPackages(await configOf(add), label, options);
  });

  const remove = shared(packages.command('remove'))
    .description('take packages out of a custom source')
    .argument('<label>')
    .argument('<name...>', 'as for `add`; a name without a version means all its builds')
    .addHelpText('after', '\nExample:\n  headwater source packages remove ours htop');
  remove.action(async (label: string, names: string[]) => {
    const { removePackages } = await import('./custom.ts');
    await removePackages(await configOf(remove), label, { names, json: jsonOf(remove) });
  });
}
