import type { Command } from 'commander';
import type { PreviewFlags } from './preview.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater instance preview` */
export function addPreviewCommand(instance: Command): void {
  const preview = shared(instance.command('preview'))
    .description('say what an update, an installation or a removal would do, and do nothing')
    .argument('<id>')
    .option('--update-all', 'all updates')
    .option('--security', 'all security updates')
    .option('--kind <kind...>', 'all of these: security, bugfix, enhancement, ksplice, other')
    .option('--update <name...>', 'updates of these packages')
    .option('--install <name...>', 'these packages, or what provides these')
    .option('--remove <name...>', 'these packages, with what needs them')
    .option('--enable <module:stream...>', 'as if these streams of modules were enabled before')
    .option('--disable <module...>', 'as if these modules were disabled before')
    .addHelpText(
      'after',
      `
Says what dnf would do on the instance as its last profile shows it, with the channels that it sees now: what comes and what
goes, how much is downloaded, which advisories are closed, and what it takes a reboot for. Where that cannot be decided it
says why, and ends with exit code 1.

Examples:
  headwater instance preview 1000010000 --update-all
  headwater instance preview 1000010000 --security --json
  headwater instance preview 1000010000 --install httpd --remove nginx`,
    );
  preview.action(async (id: string, flags: Omit<PreviewFlags, 'json'>) => {
    const { previewInstance } = await import('./preview.ts');
    const about = { ...flags, json: jsonOf(preview) };
    process.exitCode = await previewInstance(await configOf(preview), id, about);
  });
}
