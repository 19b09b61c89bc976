import type { Command } from 'commander';
import { AppError } from '../base/errors.ts';
import type { RunFlags } from './action.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater instance run`, `instance actions`, `action show`, `action cancel` */
export function addActionCommands(program: Command, instance: Command): void {
  const run = shared(instance.command('run'))
    .description('give instances something to do: they ask for it at their check-ins')
    .argument('<id...>', 'the instances, then what they are to do')
    .usage('[options] <id...> <what> [with...]')
    // -NEVRA of a transaction is none.
    .allowUnknownOption()
    .option('--at <time>', 'not before: a time, or how long from now, such as 2h')
    .option('--expires <time>', 'not handed out from then on')
    .option('--after <action>', 'once that action of the same instance is completed')
    .option('--user <name>', 'who runs the script (default: root)')
    .option('--group <name>', 'the group that runs it (default: root)')
    .option('--timeout <duration>', 'when a script is killed (default: 10m)')
    .option('--wait', 'wait until all ended, and show what came of it; a server has to run')
    .addHelpText(
      'after',
      `
What there is to do:
  update [PKG...]                 packages to their newest version, or to one; without any, everything
  install PKG...                  packages that are not there
  remove PKG...                   packages
  verify PKG...                   compare installed files with what the package says
  transaction +NEVRA... -NEVRA... install and remove builds at once, also older ones
  errata ADVISORY...              what advisories ship, of what is installed
  refresh-packages, refresh-hardware
  script FILE|-                   where rhncfg-actions is installed and allows it
  reboot
PKG is a name, name.arch, or name-[epoch:]version-release.arch.
With --wait it ends with exit code 1 if something was not completed.

Examples:
  headwater instance run 1000010000 1000010001 update --at 2026-12-01T03:00:00Z --expires 2d
  headwater instance run 1000010000 install tmux vim-enhanced --wait
  headwater instance run 1000010000 transaction +tmux-2.7-3.el8.x86_64 -nano-2.9.8-1.el8.x86_64
  headwater instance run 1000010000 errata ELSA-2026-1234
  headwater instance run 1000010000 script ./report.sh --user nobody --timeout 90s
  headwater instance run 1000010000 reboot --after 17`,
    );
  run.action(async (words: string[], flags: Omit<RunFlags, 'json'>) => {
    const { runAction } = await import('./action.ts');
    const given = [...words, ...run.args.slice(words.length)];
    process.exitCode = await runAction(await configOf(run), given, { ...flags, json: jsonOf(run) });
  });

  const list = shared(instance.command('actions'))
    .description('list the actions of an instance, the newest first')
    .argument('<id>')
    .option('--limit <count>', 'at most so many (default: 50)')
    .addHelpText('after', '\nExample:\n  headwater instance actions 1000010000 --json');
  list.action(async (id: string, { limit = '50' }: { limit?: string }) => {
    const { listActions } = await import('./action.ts');
    const options = { limit: numberOf(limit), json: jsonOf(list) };
    await listActions(await configOf(list), numberOf(id), options);
  });

  const action = program
    .command('action')
    .description('what instances were given to do, and what came of it');
  const show = shared(action.command('show'))
    .description('show an action, its result and what a script wrote')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  headwater action show 17');
  show.action(async (id: string) => {
    const { showAction } = await import('./action.ts');
    await showAction(await configOf(show), numberOf(id), jsonOf(show));
  });

  const cancel = shared(action.command('cancel'))
    .description('take an action back that has not ended; what waits for it fails')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  headwater action cancel 17');
  cancel.action(async (id: string) => {
    const { cancelAction } = await import('./action.ts');
    await cancelAction(await configOf(cancel), numberOf(id), jsonOf(cancel));
  });
}

function numberOf(word: string): number {
  const number = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new AppError('usage', `${word} is no number`);
}
