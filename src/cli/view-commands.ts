import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { FilterFlags } from './view-flags.ts';

/** Adds the options of `source add` that make a view or a stage. */
export function addViewOptions(command: Command): Command {
  command
    .option('--from <label...>', 'make a view: a source that draws from these')
    .option(
      '--priority <label=number...>',
      'of what two of --from hold, that with the lower number wins (default: 99, then the order)',
    )
    .option('--strict', 'of a view: refuse a revision with more broken dependencies')
    .option('--strict-with <labels...>', '… where packages of these sources count as there')
    .option('--follows <label>', 'make a stage: a source that offers one revision of this one')
    .option('--at <revision>', 'of a stage: the revision, snapshot or time that it begins with')
    .option('--compression <kind>', 'of documents that are made here: gzip or zstd');
  return addFilterOptions(command);
}

/** Adds the options of `source add` on what is kept of a source, and what is made. */
export function addTimeOptions(command: Command): Command {
  return command
    .option('--no-fetch', 'of a stage or a custom source: leave packages that are not held')
    .option('--keep-revisions <duration>', 'keep revisions that nothing names so long: 30d')
    .option('--keep-originals <count>', "keep the upstream's big documents of so many revisions")
    .option('--snapshots <kind=count,...>', 'make snapshots by the clock: daily=7,weekly=4')
    .option('--sqlite', 'add SQLite databases to a view or a stage, for yum of old');
}

/** Adds the options that say which packages remain. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--include-package <pattern...>', 'only packages that fit: name, name.arch, NEVRA, *')
    .option('--exclude-package <pattern...>', 'no package that fits')
    .option('--include-module <name...>', 'packages of modules: name or name:stream')
    .option('--exclude-module <name...>', 'no packages of these')
    .option('--include-group <id...>', 'packages of comps groups')
    .option('--exclude-group <id...>', 'no packages of these')
    .option('--advisory-type <type...>', 'packages of advisories of these types: security …')
    .option('--advisory-severity <severity...>', '… of these severities: Critical …')
    .option('--advisory-id <id...>', '… with these ids')
    .option('--issued-until <time>', '… issued until then, such as 2026-01-31')
    .option('--exclude-advisory <id...>', 'no packages of these advisories')
    .option('--latest-only', 'only the newest version of each package and module stream')
    .option('--as-of <time>', 'the parents as they were then')
    .option('--filters <file>', 'filters from a YAML file: a list as in the configuration');
}

/** `headwater source filter` */
export function addFilterCommand(source: Command): void {
  const filter = addFilterOptions(shared(source.command('filter')))
    .description('give a view that was added by command other filters, in the place of all it has')
    .argument('<label>')
    .option('--none', 'no filters: all that its parents have')
    .addHelpText(
      'after',
      `
What is included by any option counts together; what is excluded is out all the same.

Examples:
  headwater source filter apps-safe --exclude-package 'kernel*' 'java-1.8.0-*' --latest-only
  headwater source filter ol8-security --filters security.yaml
  headwater source filter apps-safe --none`,
    );
  filter.action(async (label: string, flags: FilterFlags & { none?: boolean }) => {
    const { filterSource } = await import('./source-change.ts');
    await filterSource(await configOf(filter), label, { ...flags, json: jsonOf(filter) });
  });
}
