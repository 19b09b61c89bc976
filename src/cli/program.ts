import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCatalogueCommands } from './catalogue-commands.ts';
import { addCheckCommand } from './check-command.ts';
import { addDiffCommand } from './diff-commands.ts';

import { addFleetCommands } from './fleet-commands.ts';
import { addGcCommand } from './gc-command.ts';

import { addIdentityCommands } from './identity-commands.ts';
import { addKeyCommands } from './key-commands.ts';
import { configOf, jsonOf, shared } from './shared.ts';
import { addSourceCommands } from './source-commands.ts';
import type { SyncFlags } from './sync.ts';
import { addTimeCommands } from './time-commands.ts';
import { addTokenCommands } from './token-commands.ts';
import { addWebhookCommands } from './webhook-commands.ts';

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
    .option('--cancel', 'break off the syncs and verifications of these sources that are running')
    .option('--allow-older', 'take a repomd.xml that is older than the one mirrored before')
    .addHelpText(
      'after',
      `
Ends with exit code 1 if any source failed; the reason is printed, and what was served before is served still.

With --cancel nothing is started: what runs is broken off, in a running server too, and the old revision is served on.

Examples:
  headwater sync ol8_baseos_latest-x86_64
  headwater sync --cancel ol8_baseos_latest-x86_64
  headwater sync --all --json`,
    );
  sync.action(async (labels: string[], flags: Omit<SyncFlags, 'json'>) => {
    const { syncCommand } = await import('./sync.ts');
    const config = await configOf(sync);
    process.exitCode = await syncCommand(config, labels, { ...flags, json: jsonOf(sync) });
  });

  addSourceCommands(program);
  addCheckCommand(program);
  addTimeCommands(program);
  addCatalogueCommands(program);
  addKeyCommands(program);
  addFleetCommands(program);
  addIdentityCommands(program);
  addTokenCommands(program);
  addWebhookCommands(program);
  addDiffCommand(program);
  addGcCommand(program);

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

/** Who reads the output may stop before its end (`| head -1`): no failure of the command, nor of the server. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
