import { type Command, Option } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater gc` */
export function addGcCommand(program: Command): void {
  const gc = shared(program.command('gc'))
    .description(
      'free the space of revisions, documents and packages that nobody can ask for any more',
    )
    .addOption(new Option('--dry-run', 'only say what would be freed'))
    .addHelpText(
      'after',
      `
Says what goes, by source, before it removes anything, and what went after. What clients see or may still be
fetching stays, as does what running syncs need; docs/operating.md has the rules. A server goes on serving.

Examples:
  headwater gc --dry-run
  headwater gc --json`,
    );
  gc.action(async () => {
    const { gcCommand } = await import('./gc.ts');
    const { dryRun = false } = gc.opts<{ dryRun?: boolean }>();
    await gcCommand(await configOf(gc), { dryRun, json: jsonOf(gc) });
  });
}
