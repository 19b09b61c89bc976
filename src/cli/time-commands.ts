import type { Command } from 'commander';
import type { MoveFlags } from './move.ts';
import { configOf, jsonOf, shared } from './shared.ts';
import type { CreateFlags } from './snapshot.ts';

/** `headwater snapshot …`, `promote`, `rollback`, `history` */
export function addTimeCommands(program: Command): void {
  addSnapshotCommands(program);

  const promote = moved(program.command('promote'))
    .description('let a stage offer another revision of the source that it follows')
    .argument('<stage>')
    .option(
      '--to <revision>',
      'a revision, snapshot or time of that source, or another stage of it (default: what is current)',
    )
    .addHelpText(
      'after',
      `
This changes what the stage offers and installs nothing: instances take it up when they update. Clients see the old
revision or the new one, and files of the old one stay readable for a while. What the stage offers is its own revision,
with timestamps that never go back. \`headwater rollback\` takes the move back.

Examples:
  headwater promote ol8-test
  headwater promote ol8-prod --to ol8-test
  headwater promote ol8-prod --to 2026-q4`,
    );
  promote.action(async (stage: string, flags: Omit<MoveFlags, 'json'>) => {
    const { promoteStage } = await import('./move.ts');
    await promoteStage(await configOf(promote), stage, { ...flags, json: jsonOf(promote) });
  });

  const rollback = moved(program.command('rollback'))
    .description('let a stage offer again what it did before its last move')
    .argument('<stage>')
    .addHelpText(
      'after',
      `
It takes the last move back that was not taken back yet: once more goes one move further. It changes what the stage
offers, as a new revision of it, and installs nothing: to have instances go back, downgrade there.

Example:
  headwater rollback ol8-prod`,
    );
  rollback.action(async (stage: string, flags: Omit<MoveFlags, 'json'>) => {
    const { rollbackStage } = await import('./move.ts');
    await rollbackStage(await configOf(rollback), stage, { ...flags, json: jsonOf(rollback) });
  });

  const history = shared(program.command('history'))
    .description(
      'list the revisions of a source: where they came from, what they hold, their names',
    )
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater history ol8-prod --json');
  history.action(async (label: string) => {
    const { showHistory } = await import('./history.ts');
    await showHistory(await configOf(history), label, jsonOf(history));
  });
}

/** The options of what moves a stage. */
function moved(command: Command): Command {
  return shared(command)
    .option('--fetch', 'fetch packages that are not held before (default: as the stage says)')
    .option('--no-fetch', 'do not')
    .option('--allow-missing', 'move it also where packages cannot be fetched');
}

function addSnapshotCommands(program: Command): void {
  const snapshot = program
    .command('snapshot')
    .description('give revisions lasting names, under which clients find them');
  const create = shared(snapshot.command('create'))
    .description('name the current revision of a source, or another')
    .argument('<label>')
    .argument('<name>', 'letters, digits and _ . - ; nothing that reads as a number or a time')
    .option('--at <revision>', 'a revision or a time (default: what is current)')
    .option('--fetch', 'fetch the packages that are not held')
    .addHelpText(
      'after',
      `
A snapshot copies nothing. Clients find it at /channels/<label>@<name>/ until it is removed. Packages of on-demand sources
that nobody asked for yet are not held: upstream may drop them one day, unless --fetch gets them now.
Ends with exit code 1 if packages could not be fetched.

Examples:
  headwater snapshot create ol8_baseos_latest-x86_64 2026-q4
  headwater snapshot create ol8_baseos_latest-x86_64 before-upgrade --at 2026-11-01 --fetch`,
    );
  create.action(async (label: string, name: string, flags: Omit<CreateFlags, 'json'>) => {
    const { createSnapshot } = await import('./snapshot.ts');
    const options = { ...flags, json: jsonOf(create) };
    process.exitCode = await createSnapshot(await configOf(create), { label, name }, options);
  });

  const list = shared(snapshot.command('list'))
    .description('list the snapshots of a source, or all, with how many of their packages are held')
    .argument('[label]')
    .addHelpText('after', '\nExample:\n  headwater snapshot list ol8_baseos_latest-x86_64');
  list.action(async (label: string | undefined) => {
    const { listSnapshots } = await import('./snapshot.ts');
    await listSnapshots(await configOf(list), label, jsonOf(list));
  });

  const remove = shared(snapshot.command('remove'))
    .description('remove a name; stages keep what they offer')
    .argument('<label>')
    .argument('<name>')
    .addHelpText(
      'after',
      '\nThe revision stays as long as revisions are kept that nothing names.\n\nExample:\n  headwater snapshot remove ol8_baseos_latest-x86_64 2026-q4',
    );
  remove.action(async (label: string, name: string) => {
    const { removeSnapshot } = await import('./snapshot.ts');
    await removeSnapshot(await configOf(remove), { label, name }, jsonOf(remove));
  });
}
