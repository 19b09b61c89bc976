import type { Command } from 'commander';
import { addCustomCommands } from './custom-commands.ts';
import { configOf, jsonOf, shared } from './shared.ts';
import type { AddFlags } from './source-add.ts';
import { addFilterCommand, addTimeOptions, addViewOptions } from './view-commands.ts';

/** `headwater source …` */
export function addSourceCommands(program: Command): void {
  const source = program
    .command('source')
    .description('list, show, add, remove, pause, verify sources');
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
    .option('--custom', 'make a custom source: it has what `source packages add` puts into it')
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
    .option(
      '--newest <count>',
      'with --packages immediate: only so many builds of each name and architecture, the others on demand',
    )
    .option('--installation-tree', 'mirror .treeinfo and the files it lists (kernels, images)')
    .option('--every <duration>', 'sync so often: 90s, 30m, 6h, 2d')
    .option('--cron <pattern>', 'sync by a cron pattern, such as "17 3 * * *"');
  addTimeOptions(addViewOptions(add)).addHelpText(
    'after',
    `
Examples:
  headwater source add --from-catalogue ol8_baseos_latest-x86_64
  headwater source add --from-catalogue ol8_ksplice-x86_64 --region eu-frankfurt-1
  headwater source add epel9 --metalink 'https://mirrors.fedoraproject.org/metalink?repo=epel-9&arch=x86_64' --every 6h
  headwater source add mine --upstream file:./repo --packages immediate
  headwater source add apps-safe --from ol8_appstream-x86_64 --exclude-package 'kernel*' --latest-only
  headwater source add ol8-security --from ol8_baseos_latest-x86_64 ol8_appstream-x86_64 --advisory-type security
  headwater source add ours --custom --release 9 --arch x86_64
  headwater source add prod --follows dev --at 2026-01-31 --snapshots daily=7,weekly=4`,
  );
  add.action(async (label: string | undefined, flags: Omit<AddFlags, 'json'>) => {
    const { addSource } = await import('./source-add.ts');
    await addSource(await configOf(add), label, { ...flags, json: jsonOf(add) });
  });

  addFilterCommand(source);
  addCustomCommands(source);

  const remove = shared(source.command('remove'))
    .description(
      'remove a source that was added by command, or what is left of one taken out of the configuration file',
    )
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater source remove mine');
  remove.action(async (label: string) => {
    const { removeSource } = await import('./source-change.ts');
    await removeSource(await configOf(remove), label, jsonOf(remove));
  });

  const pause = shared(source.command('pause'))
    .description('stop the schedule of a source, also over restarts; `headwater sync` still works')
    .argument('<label>')
    .addHelpText(
      'after',
      `
For sources of the configuration file too. A sync that is running goes on: \`headwater sync --cancel\` breaks it off.

Example:
  headwater source pause ol8_appstream-x86_64`,
    );
  pause.action(async (label: string) => {
    const { pauseSource } = await import('./source-change.ts');
    await pauseSource(await configOf(pause), label, jsonOf(pause));
  });

  const resume = shared(source.command('resume'))
    .description('let the schedule of a paused source go on')
    .argument('<label>')
    .addHelpText('after', '\nExample:\n  headwater source resume ol8_appstream-x86_64');
  resume.action(async (label: string) => {
    const { resumeSource } = await import('./source-change.ts');
    await resumeSource(await configOf(resume), label, jsonOf(resume));
  });

  const setUrl = shared(source.command('set-url'))
    .description('mirror a source that was added by command from another base URL')
    .argument('<label>')
    .argument('<url...>', 'base URL, or several that hold the same')
    .addHelpText(
      'after',
      `
The next sync asks there without conditions; where it finds the same repository, nothing changes for clients.

Example:
  headwater source set-url mine https://mirror.example.com/repo/`,
    );
  setUrl.action(async (label: string, urls: string[]) => {
    const { setSourceUrls } = await import('./source-change.ts');
    await setSourceUrls(await configOf(setUrl), label, { urls, json: jsonOf(setUrl) });
  });

  const verify = shared(source.command('verify'))
    .description('read all that is stored for a source through, and repair what is broken')
    .argument('<label>')
    .option('--no-repair', 'only look, and change nothing')
    .addHelpText(
      'after',
      `
Documents, trees, packs and the packages that are held are compared with their checksums. What is broken is fetched again
or made anew; where upstream does not have it, it is removed, so that nobody is served it.

Ends with exit code 1 if anything is still wrong.

Examples:
  headwater source verify ol8_baseos_latest-x86_64
  headwater source verify mine --no-repair --json`,
    );
  verify.action(async (label: string, flags: { repair: boolean }) => {
    const { verifySource } = await import('./source-verify.ts');
    const { repair } = flags;
    process.exitCode = await verifySource(await configOf(verify), label, {
      repair,
      json: jsonOf(verify),
    });
  });
}
