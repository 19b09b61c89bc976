import type { Command } from 'commander';
import type { CheckFlags } from './check.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater check` */
export function addCheckCommand(program: Command): void {
  const check = shared(program.command('check'))
    .description('report requirements that nothing in a source meets, and what else it lacks')
    .argument('<label[@spec]>', 'a source; with @ a revision, a snapshot or a time of it')
    .option(
      '--with <labels...>',
      'other sources, named the same way, whose packages count as there',
    )
    .option('--platform <stream>', 'such as el8: for modules (default: from the release)')
    .addHelpText(
      'after',
      `
Ends with exit code 1 if something is missing.

Examples:
  headwater check ol8-frozen --with ol8_baseos_latest-x86_64
  headwater check ol8_appstream-x86_64@2026-10-01 --with ol8_baseos_latest-x86_64@2026-10-01 --json`,
    );
  check.action(async (name: string, flags: Omit<CheckFlags, 'json'>) => {
    const { checkCommand } = await import('./check.ts');
    const config = await configOf(check);
    process.exitCode = await checkCommand(config, name, { ...flags, json: jsonOf(check) });
  });
}
