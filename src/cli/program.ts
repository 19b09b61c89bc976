import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Config } from './config.ts';
import type { AddFlags } from './source.ts';
import type { SyncFlags } from './sync.ts';

interface Shared {
  config?: string;
  data?: string;
  listen?: string;
  json?: boolean;
}

/** The command line. What a command needs is loaded when it is given, so that help comes at once. Each command sets the process's exit code; errors are thrown. */
export function createProgram(): Command {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  process.stdout.on('error', ignoreClosedPipe);
  const program = new Command('headwater')
    .description('A software source server for yum and dnf: mirrors repositories and serves them.')
    .version(version)
    .showHelpAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .addHelpText(
      'after',
      `
Examples:
  headwater serve                                  serve what config/headwater.yaml says
  headwater sync --all                             mirror every source now
  headwater source add --from-catalogue ol8_appstream-x86_64
  headwater source list --json

Commands work with or without a server running on the data folder.`,
    );

  const serveCmd = shared(program.command('serve'), { json: false })
    .description('serve channels over HTTP and sync sources by their schedules')
    .option(
      '--listen <host:port>',
      'address to listen on (default: the configuration, 127.0.0.1:8080)',
    )
    .addHelpText(
      'after',
      `
Signals: SIGTERM or SIGINT lets answers finish and ends; SIGHUP reads the configuration again.

Examples:
  headwater serve
  headwater serve --config /etc/headwater/headwater.yaml --listen 0.0.0.0:8080`,
    );
  serveCmd.action(async () => {
    const { serve } = await import('./serve.ts');
    await serve(await configOf(serveCmd), () => configOf(serveCmd));
  });

  const sync = shared(program.command('sync'))
    .description('bring sources up to their upstream')
    .argument('[labels...]', 'sources to sync')
    .option('--all', 'every source')
    .option('--allow-older', 'take a repomd.xml that is older than the one mirrored before')
    .addHelpText(
      'after',
      `
Ends with exit code 1 if any source failed; the reason is printed, and what was served before is served still.

Examples:
  headwater sync ol8_baseos_latest-x86_64
  headwater sync --all --json`,
    );
  sync.action(async (labels: string[], flags: Omit<SyncFlags, 'json'>) => {
    const { syncCommand } = await import('./sync.ts');
    const config = await configOf(sync);
    process.exitCode = await syncCommand(config, labels, { ...flags, json: jsonOf(sync) });
  });

  const source = program.command('source').description('list, show, add and remove sources');
  const list = shared(source.command('list'))
    .description('list sources with their last sync')
    .addHelpText('after', '\nExample:\n  headwater source list --json');
  list.action(async () => {
    const { listSources } = await import('./source.ts');
    await listSources(await configOf(list), jsonOf(list));
  });

  const show = shared(source.command('show'))
    .description('show a source: its upstream, documents, history, and what was set aside')
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater source show quickstart');
  show.action(async (label: string) => {
    const { showSource } = await import('./source.ts');
    await showSource(await configOf(show), label, jsonOf(show));
  });

  const add = shared(source.command('add'))
    .description('add a source')
    .argument('[label]', 'what instances know it by; with --from-catalogue the label there')
    .option('--from-catalogue <label>', 'take it from the catalogue of Oracle Linux sources')
    .option('--catalogue <file>', 'another catalogue than config/oracle-linux.yaml')
    .option('--region <region>', 'mirror from that OCI region, such as eu-frankfurt-1')
    .option('--upstream <url...>', 'base URL, or several that hold the same')
    .option('--mirrorlist <url>', 'a list of base URLs')
    .option('--metalink <url>', 'a metalink for repomd.xml')
    .option('--name <name>', 'a name for people')
    .option('--arch <arch>', 'x86_64, aarch64 …')
    .option('--release <release>', 'release of the operating system')
    .option('--parent <label>', 'the source that this one is a child of')
    .option('--gpg-key <url-or-file...>', 'keys that repomd.xml and packages may be signed with')
    .option(
      '--verify <mode>',
      'signature of repomd.xml: required, optional or off (default: optional)',
    )
    .option(
      '--verify-packages <mode>',
      'packages: signature (by one of the keys), digest or off (default: digest)',
    )
    .option('--packages <policy>', 'on_demand, immediate or none (default: on_demand)')
    .option('--every <duration>', 'sync so often: 90s, 30m, 6h, 2d')
    .option('--cron <pattern>', 'sync by a cron pattern, such as "17 3 * * *"')
    .addHelpText(
      'after',
      `
Examples:
  headwater source add --from-catalogue ol8_baseos_latest-x86_64
  headwater source add --from-catalogue ol8_ksplice-x86_64 --region eu-frankfurt-1
  headwater source add epel9 --metalink 'https://mirrors.fedoraproject.org/metalink?repo=epel-9&arch=x86_64' --every 6h
  headwater source add mine --upstream file:./repo --packages immediate`,
    );
  add.action(async (label: string | undefined, flags: Omit<AddFlags, 'json'>) => {
    const { addSource } = await import('./source.ts');
    await addSource(await configOf(add), label, { ...flags, json: jsonOf(add) });
  });

  const remove = shared(source.command('remove'))
    .description(
      'remove a source that was added by command, or what is left of one taken out of the configuration file',
    )
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater source remove mine');
  remove.action(async (label: string) => {
    const { removeSource } = await import('./source.ts');
    await removeSource(await configOf(remove), label, jsonOf(remove));
  });

  const doctor = shared(program.command('doctor'))
    .description(
      'check the data folder, disk space, databases, what is served, and whether upstreams answer',
    )
    .addHelpText(
      'after',
      '\nEnds with exit code 1 if a check failed.\n\nExample:\n  headwater doctor --json',
    );
  doctor.action(async () => {
    const { doctorCommand } = await import('./doctor.ts');
    process.exitCode = await doctorCommand(await configOf(doctor), jsonOf(doctor));
  });
  return program;
}

function shared(command: Command, { json } = { json: true }): Command {
  command
    .option(
      '--config <file>',
      'configuration file (default: HEADWATER_CONFIG, config/headwater.yaml)',
    )
    .option('--data <folder>', 'data folder (default: HEADWATER_DATA, the configuration)');
  return json ? command.option('--json', 'print JSON') : command;
}

async function configOf(command: Command): Promise<Config> {
  const { config, data, listen } = command.opts<Shared>();
  const { loadConfig } = await import('./config.ts');
  return loadConfig({ config, data, listen }, process.env);
}

const jsonOf = (command: Command): boolean => command.opts<Shared>().json ?? false;

/** Who reads the output may stop before its end (`| head -1`): no failure of the command, nor of the server. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
