import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { AdvisoryFlags, FleetFlags, UpdateFlags } from './updates.ts';

const load = () => import('./updates.ts');

/** `headwater instance updates`, `instance installable`, `instance advisories` */
export function addUpdateCommands(instance: Command): void {
  const updates = shared(instance.command('updates'))
    .description('list what an instance could update, and the advisories behind that')
    .argument('<id>')
    .option('--kind <kind...>', 'security, bugfix, enhancement, ksplice, other')
    .option('--held-back', 'instead, what is upstream and not in what the instance sees')
    .addHelpText(
      'after',
      `
By what the machine reported last and its sources as it sees them. An update is of the most urgent kind of its advisories, and other
without one. What a filter, a stage or a snapshot keeps from the instance is held back.

Examples:
  headwater instance updates 1000010000 --kind security
  headwater instance updates 1000010000 --held-back --json`,
    );
  updates.action(async (id: string, flags: Omit<UpdateFlags, 'json'>) =>
    (await load()).listUpdates(await configOf(updates), id, { ...flags, json: jsonOf(updates) }),
  );

  const installable = shared(instance.command('installable'))
    .description('list packages that an instance does not have and could install')
    .argument('<id>')
    .argument('[text]', 'those with this in their name')
    .addHelpText('after', '\nExample:\n  headwater instance installable 1000010000 tmux');
  installable.action(async (id: string, text: string | undefined) =>
    (await load()).listInstallable(await configOf(installable), [id, text], jsonOf(installable)),
  );

  const advisories = shared(instance.command('advisories'))
    .description('list the advisories of which an instance lacks something')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  headwater instance advisories 1000010000');
  advisories.action(async (id: string) =>
    (await load()).listInstanceAdvisories(await configOf(advisories), id, jsonOf(advisories)),
  );
}

/** `headwater advisory`, `headwater cve`, `headwater fleet` */
export function addAdvisoryCommands(program: Command): void {
  const advisory = program
    .command('advisory')
    .description('what upstreams say about updates: which are about security, and what they mend');
  const list = shared(advisory.command('list'))
    .description('list the advisories of the mirrored sources, the latest first')
    .option('--id <id>', 'those with this id; * stands for anything')
    .option('--cve <cve>', 'those that name this CVE')
    .option('--kind <kind>', 'security, bugfix, enhancement, other')
    .option('--severity <severity>', 'as the vendor says, such as important')
    .option('--package <name>', 'those that ship this package')
    .option('--since <time>', 'issued since: a time, or how long ago')
    .option('--until <time>', 'issued before: a time, or how long ago')
    .option('--source <label...>', 'of these mirrored sources')
    .option('--limit <count>', 'at most so many (default: 100)')
    .addHelpText(
      'after',
      `
Options narrow the list down together.

Examples:
  headwater advisory list --kind security --since 30d
  headwater advisory list --id 'ELSA-2026-*' --package openssl --json`,
    );
  list.action(async (flags: Omit<AdvisoryFlags, 'json'>) =>
    (await load()).listAdvisories(await configOf(list), { ...flags, json: jsonOf(list) }),
  );

  const show = shared(advisory.command('show'))
    .description('show an advisory, what it ships, and the instances that it concerns')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  headwater advisory show ELSA-2026-1234');
  show.action(async (id: string) =>
    (await load()).showAdvisory(await configOf(show), id, jsonOf(show)),
  );

  const cve = shared(program.command('cve'))
    .description('show which instances a CVE affects and why, and on which it is fixed')
    .argument('<cve>')
    .addHelpText(
      'after',
      `
An instance is affected that has a package of an advisory that names the CVE, in a version before it, and fixed with that
version or a later one. Instances that have none of the packages are not listed.

Example:
  headwater cve CVE-2026-12345`,
    );
  cve.action(async (id: string) => (await load()).showCve(await configOf(cve), id, jsonOf(cve)));

  const fleet = shared(program.command('fleet'))
    .description('show how up to date the instances are, and what matters most')
    .option('--group <name>', 'those in this group')
    .option('--compartment <path>', 'those in this compartment, or below it')
    .addHelpText('after', '\nExample:\n  headwater fleet --group web');
  fleet.action(async (flags: Omit<FleetFlags, 'json'>) =>
    (await load()).showFleet(await configOf(fleet), { ...flags, json: jsonOf(fleet) }),
  );
}
