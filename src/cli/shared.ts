import type { Command } from 'commander';
import type { Config } from './config.ts';

interface Shared {
  config?: string;
  data?: string;
  listen?: string;
  json?: boolean;
}

/** Adds the options that every command has. */
export function shared(command: Command, { json } = { json: true }): Command {
  command
    .option(
      '--config <file>',
      'configuration file (default: HEADWATER_CONFIG, config/headwater.yaml)',
    )
    .option('--data <folder>', 'data folder (default: HEADWATER_DATA, the configuration)');
  return json ? command.option('--json', 'print JSON') : command;
}

/** The configuration that a command's options and the environment name. */
export async function configOf(command: Command): Promise<Config> {
  const { config, data, listen } = command.opts<Shared>();
  const { loadConfig } = await import('./config.ts');
  return loadConfig({ config, data, listen }, process.env);
}

export const jsonOf = (command: Command): boolean => command.opts<Shared>().json ?? false;
