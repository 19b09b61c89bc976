import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater catalogue …` */
export function addCatalogueCommands(program: Command): void {
  const catalogue = program.command('catalogue').description('look after the index of packages');
  const rebuild = shared(catalogue.command('rebuild'))
    .description('make the index of packages again from what is stored')
    .addHelpText(
      'after',
      `
All sources with all their revisions. The old index answers until the new one takes its place, in a running server too.
Ends with exit code 1 if a revision could not be read.

Example:
  headwater catalogue rebuild`,
    );
  rebuild.action(async () => {
    const { rebuildCatalogue } = await import('./catalogue.ts');
    process.exitCode = await rebuildCatalogue(await configOf(rebuild), jsonOf(rebuild));
  });
}
