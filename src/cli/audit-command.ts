import type { Command } from 'commander';
import type { AuditFlags } from './audit.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater audit` */
export function addAuditCommand(program: Command): void {
  const audit = shared(program.command('audit'))
    .description('list who did what, and who was refused; the latest first')
    .option('--instance <id>', 'about this instance')
    .option('--event <event>', 'of this kind, such as instance.registered')
    .option('--by <actor>', 'by user:NAME, instance:ID, key:NAME or anyone')
    .option('--request <id>', 'of the request that was answered with this opc-request-id')
    .option('--since <time>', 'since a time, or for so long (default: all that is kept)')
    .option('--limit <n>', 'so many at most (default: 50)')
    .addHelpText(
      'after',
      `
Options narrow the list down together. \`fleet.keep_audit\` of the configuration says how long entries are kept.

Examples:
  headwater audit --since 1d
  headwater audit --instance 1000010000 --event source.attached --json
  headwater audit --by user:ada --since 1h`,
    );
  audit.action(async (flags: Omit<AuditFlags, 'json'>) => {
    const { queryAudit } = await import('./audit.ts');
    await queryAudit(await configOf(audit), { ...flags, json: jsonOf(audit) });
  });
}
