import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater diff` */
export function addDiffCommand(program: Command): void {
  const diff = shared(program.command('diff'))
    .description('compare what two revisions offer: packages, advisories, modules, groups')
    .argument('<before>', 'a label, or label@revision, label@snapshot, label@time')
    .argument('<after>', 'the same')
    .addHelpText(
      'after',
      `
Examples:
  headwater diff prod dev
  headwater diff ol8_baseos_latest-x86_64@2026-01-01 ol8_baseos_latest-x86_64
  headwater diff dev@11 dev@12 --json`,
    );
  diff.action(async (before: string, after: string) => {
    const { diffCommand } = await import('./diff.ts');
    await diffCommand(await configOf(diff), [before, after], jsonOf(diff));
  });
}
