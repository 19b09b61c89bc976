import type { Command } from 'commander';
import type { JobListFlags } from './job.ts';
import type { JobWords } from './job-words.ts';
import { configOf, jsonOf, shared } from './shared.ts';

const whatThereIs = `
What there is to do, with "then" between what comes one after the other:
  install PKG..., update PKG..., remove PKG...
  update-all [KIND...]            security, bugfix, enhancement, ksplice, other; without any, everything
  module enable|disable|switch|install|remove NAME[:STREAM][/PROFILE]...
  reboot
  script FILE|-                   where rhncfg-actions is installed and allows it
`;

/** `headwater job …` */
export function addJobCommands(program: Command): void {
  const job = program
    .command('job')
    .description('work for instances: at once, at a time, or again and again');
  const load = () => import('./job.ts');

  const create = said(shared(job.command('create')))
    .description('make a job')
    .argument('<name>', 'what it is called')
    .argument('<work...>', 'what each instance does')
    .addHelpText(
      'after',
      `${whatThereIs}
Times without a zone are those of clocks in --time-zone. What recurs has the time of day of --from, and its day of the week or
month; of a month that is shorter, the last day. What was missed while no server ran happens once when one does, if its window is
open still.

Examples:
  headwater job create patch-night update-all security then reboot --group web --every week --from 2026-12-01T03:00 \\
    --time-zone Europe/Berlin --window "tue 03:00 2h" --at-once 25% --stop-after 2
  headwater job create tools install tmux vim-enhanced --instance 1000010000 --now
  headwater job create second-tuesday update-all --search tag=blue,release=8 --cron "0 3 * * 2#2"`,
    );
  create.action(async (name: string, work: string[], flags: JobWords) =>
    (await load()).createJob(await configOf(create), { ...flags, name, work }, jsonOf(create)),
  );

  const change = said(shared(job.command('change')))
    .description('change a job: what is left out stays as it is')
    .argument('<id>')
    .argument('[work...]', 'what each instance does')
    .option('--name <name>', 'what it is called')
    .addHelpText(
      'after',
      `${whatThereIs}
Another schedule or window wakes a job that has ended. --window none, --at-once all and --stop-after never take out what was said.

Examples:
  headwater job change 3 --every "2 weeks" --from 2026-12-01T03:00
  headwater job change 3 update-all security bugfix --window none`,
    );
  change.action(async (id: string, work: string[], flags: JobWords) =>
    (await load()).changeJob(await configOf(change), id, {
      ...{ words: { ...flags, work }, json: jsonOf(change) },
    }),
  );

  const list = shared(job.command('list'))
    .description('list the jobs, with when they run next')
    .option('--compartment <path>', 'those in this compartment, or below it')
    .option('--state <state>', 'those that are active, paused or ended')
    .option('--name <text>', 'those with this in their name')
    .option('--instance <id>', 'those that are for this instance')
    .addHelpText('after', '\nExample:\n  headwater job list --state active --json');
  list.action(async (flags: JobListFlags) =>
    (await load()).listJobs(await configOf(list), flags, jsonOf(list)),
  );

  const upcoming = shared(job.command('upcoming'))
    .description('list when jobs will run')
    .option('--until <time>', 'until then, or for so long (default: 7d)')
    .option('--limit <count>', 'of each job at most so many times (default: 20)')
    .addHelpText('after', '\nExample:\n  headwater job upcoming --until 30d');
  upcoming.action(async (flags: { until?: string; limit?: string }) =>
    (await load()).upcomingJobs(await configOf(upcoming), flags, jsonOf(upcoming)),
  );

  const single = (name: 'show' | 'remove' | 'run' | 'skip' | 'pause' | 'resume', help: string) => {
    const command = shared(job.command(name))
      .description(help)
      .argument('<id>')
      .addHelpText('after', `\nExample:\n  headwater job ${name} 3`);
    command.action(async (id: string) =>
      (await load()).withJob(await configOf(command), { id, how: name }, jsonOf(command)),
    );
  };
  single('show', 'show a job, whom it is for, and its runs');
  single('remove', 'remove a job; what it has begun goes on');
  single('run', 'run a job now, whatever its schedule and its window say');
  single('skip', 'leave out the next run of a job');
  single('pause', 'let a job rest until it is resumed');
  single('resume', 'let a job that is paused go on; what it missed is not made up for');
}

const collect = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** What can be said of a job. */
const said = (command: Command): Command =>
  command
    .option('--instance <id>', 'an instance that it is for; may be repeated', collect)
    .option('--group <name>', 'a group that it is for, whoever is in it then', collect)
    .option('--in-compartment <path>', 'a compartment that it is for, and those below', collect)
    .option(
      '--search <what>',
      'instances with name=, tag=, group=, compartment=, release=, arch=, lacks=',
    )
    .option('--now', 'once, now')
    .option('--at <time>', 'once, at this time or so long from now')
    .option('--every <interval>', 'hour, day, week or month; or so many, such as "2 weeks"')
    .option(
      '--from <time>',
      'the first time of what recurs (default: now, so that it runs after one interval)',
    )
    .option('--days <days>', 'of weekly jobs: such as mon,thu')
    .option('--cron <pattern>', 'by a cron pattern of five fields')
    .option('--time-zone <zone>', 'by whose clocks, such as Europe/Berlin (default: UTC)')
    .option('--until <time>', 'not after this time')
    .option('--window <window>', 'hand work out only then, such as "sat,sun 22:00 4h"')
    .option('--at-once <count>', 'so many instances at a time, or a share such as 25%')
    .option('--stop-after <count>', 'leave the others alone after so many failures')
    .option('--description <text>', 'what it is for')
    .option('--compartment <path>', 'the compartment that the job itself is in');
