import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { WorkFlags } from './work.ts';

type Of = 'instance' | 'group';
type Flags = Omit<WorkFlags, 'json'>;

/** `headwater instance install …` and the others, and the same for all instances of a group. */
export function addWorkCommands(parent: Command, of: Of): void {
  const whom = of === 'instance' ? '1000010000 1000010001' : 'web';
  const all = of === 'instance' ? 'instances' : 'all instances of a group';
  const add = (name: string, what: string, example: string) => {
    const command = shared(parent.command(name)).description(`${what} ${all}`);
    if (of === 'instance')
      command.argument('<ids-and-words...>', 'instances first, then with what');
    else command.argument('<name>', 'the group').argument('[words...]', 'with what');
    return withRollout(command).addHelpText(
      'after',
      `${rolloutHelp}\n\nExample:\n  headwater ${of} ${name} ${whom}${example}`,
    );
  };
  const run = (command: Command, what: string) =>
    command.action(async (...given: unknown[]) => {
      const words = given
        .slice(0, of === 'instance' ? 1 : 2)
        .flatMap((word) => word as string | string[]);
      const { workCommand } = await import('./work.ts');
      const flags = { ...command.opts<Flags>(), json: jsonOf(command) };
      process.exitCode = await workCommand(await configOf(command), { of, what, words }, flags);
    });

  run(add('install', 'install packages on', ' tmux vim-enhanced'), 'install');
  run(
    add('update', 'update packages of', ' --security --at-once 10%')
      .option('--security', 'without packages: security updates only, as with the others')
      .option('--bugfix')
      .option('--enhancement')
      .option('--ksplice')
      .option('--other'),
    'update',
  );
  run(add('uninstall', 'remove packages from', ' telnet'), 'remove');
  run(add('reboot', 'reboot', ' --at-once 1'), 'reboot');
  run(
    add('script', 'run a script on', ' ./report.sh --user nobody --timeout 90s')
      .option('--user <name>', 'who runs it (default: root)')
      .option('--run-group <name>', 'the group that runs it (default: root)')
      .option('--timeout <duration>', 'when it is killed (default: 10m)'),
    'script',
  );
  run(
    add('module', 'change modules of', ' enable php:8.2 --dry-run')
      .option('--dry-run', 'dnf says what it would do, and does nothing')
      .addHelpText(
        'before',
        'Say enable, disable, switch, install or remove, then modules as MODULE[:STREAM][/PROFILE].\n',
      ),
    'modules',
  );
}

const withRollout = (command: Command): Command =>
  command
    .option('--at-once <count>', 'so many at a time, or a share such as 20%; others wait')
    .option('--stop-after <failures>', 'after so many failures the others are not begun')
    .option('--until <time>', 'nothing is begun from then on: a time, or how long from now: 2h')
    .option('--description <text>', 'what it is called')
    .option('--wait', 'wait until all is over; a server has to run');

const rolloutHelp = `
They do it at their next check-in. Several together are a run: \`headwater run show\` says how far it is.
With --wait it ends with exit code 1 if something was not done.`;

/** `headwater run …` */
export function addRunCommands(program: Command): void {
  const run = program
    .command('run')
    .description('work that instances were given, alone or many at once');
  const load = () => import('./run.ts');

  const list = shared(run.command('list'))
    .description('list runs, the newest first')
    .option('--open', 'those that have not ended')
    .option('--instance <id>', 'what this instance had to do of them')
    .option('--job <number>', 'those of a job')
    .option('--limit <count>', 'at most so many (default: 50)')
    .addHelpText('after', '\nExample:\n  headwater run list --open --json');
  list.action(async (flags: { open?: boolean; instance?: string; job?: string; limit?: string }) =>
    (await load()).listRuns(await configOf(list), { ...flags, json: jsonOf(list) }),
  );

  const show = shared(run.command('show'))
    .description('show how far a run is, and what its instances did')
    .argument('<number>')
    .option(
      '--outcome <outcome>',
      'instances of this outcome only: waiting, queued, picked_up, done, failed, timed_out, unknown, cancelled',
    )
    .option('--limit <count>', 'at most so many instances (default: 50)')
    .addHelpText('after', '\nExample:\n  headwater run show 17 --outcome failed');
  show.action(async (number: string, flags: { outcome?: string; limit?: string }) =>
    (await load()).showRun(await configOf(show), number, { ...flags, json: jsonOf(show) }),
  );

  const cancel = shared(run.command('cancel'))
    .description('take back what was not handed out yet; what was goes on')
    .argument('<number>')
    .addHelpText('after', '\nExample:\n  headwater run cancel 17');
  cancel.action(async (number: string) =>
    (await load()).cancelRun(await configOf(cancel), number, jsonOf(cancel)),
  );
}
