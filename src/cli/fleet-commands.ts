import type { Command } from 'commander';
import { addActionCommands } from './action-commands.ts';
import { addAuditCommand } from './audit-command.ts';
import { addCertificateCommand } from './certificate-command.ts';
import { addGroupCommands } from './group-commands.ts';
import { addInstanceCommands } from './instance-commands.ts';
import { addLensCommand } from './lens-commands.ts';
import { addPreviewCommand } from './preview-command.ts';

/** Commands on managed instances. */
export function addFleetCommands(program: Command): void {
  const instance = addInstanceCommands(program);
  addLensCommand(instance, 'instance');
  addCertificateCommand(instance);
  addLensCommand(addGroupCommands(program), 'group');
  addActionCommands(program, instance);
  addPreviewCommand(instance);
  addAuditCommand(program);
}
