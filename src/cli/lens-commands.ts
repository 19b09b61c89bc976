import { type Command, Option } from 'commander';
import type { LensFlags } from './lens.ts';
import { configOf, jsonOf, shared } from './shared.ts';
import { idOf } from './values.ts';
import { addFilterOptions } from './view-commands.ts';

/** `headwater instance filter` and `headwater group filter` */
export function addLensCommand(parent: Command, scope: 'instance' | 'group'): void {
  const who = scope === 'instance' ? 'id' : 'name';
  const example = scope === 'instance' ? '1000010000' : 'web';
  const filter = addFilterOptions(shared(parent.command('filter')))
    .description(
      `let ${scope === 'instance' ? 'an instance' : 'the members of a group'} see less of a source, or what it was`,
    )
    .argument(`<${who}>`)
    .argument('[label]', 'the source; without it, what there is is listed')
    .option('--hold-back <pattern...>', 'the same as --exclude-package')
    .option('--security-only', 'the same as --advisory-type security')
    .option('--at <revision>', 'the revision, snapshot or time that is seen')
    .option('--stage <label>', 'what this stage offers, which follows the source')
    .addOption(
      new Option('--own-label', 'show it under a label of its own instead of the source’s').default(
        false,
      ),
    )
    .option('--none', 'see all of it, as it is')
    .addHelpText(
      'after',
      `
Takes the place of what was set before. All who have the same filter share one view. The instance reads its metadata anew
with its next command.

Examples:
  headwater ${scope} filter ${example} ol8_baseos_latest-x86_64 --hold-back 'kernel*'
  headwater ${scope} filter ${example} ol8_baseos_latest-x86_64 --security-only --at 2026-q4
  headwater ${scope} filter ${example} ol8_baseos_latest-x86_64 --none`,
    );
  filter.action(async (name: string, label: string | undefined, flags: LensFlags) => {
    const { filterFor } = await import('./lens.ts');
    const subject = scope === 'instance' ? String(idOf(name)) : name;
    const about = { scope, subject, label };
    await filterFor(await configOf(filter), about, { ...flags, json: jsonOf(filter) });
  });
}
