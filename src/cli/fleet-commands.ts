import type { Command } from 'commander';
import { addActionCommands } from './action-commands.ts';
import { addAuditCommand } from './audit-command.ts';
import { addCertificateCommand } from './certificate-command.ts';
import { addGroupCommands } from './group-commands.ts';
import { addInstanceCommands } from './instance-commands.ts';
import { addJobCommands } from './job-commands.ts';
import { addLensCommand } from './lens-commands.ts';
import { addPreviewCommand } from './preview-command.ts';
import { addAdvisoryCommands, addUpdateCommands } from './updates-commands.ts';
import { addRunCommands, addWorkCommands } from './work-commands.ts';

/** Commands on managed instances. */
export function addFleetCommands(program: Command): void {
  const instance = addInstanceCommands(program);
  addLensCommand(instance, 'instance');
  addCertificateCommand(instance);
  const group = addGroupCommands(program);
  addLensCommand(group, 'group');
  addWorkCommands(instance, 'instance');
  addWorkCommands(group, 'group');
  addRunCommands(program);
  addActionCommands(program, instance);
  addJobCommands(program);
  addUpdateCommands(instance);
  addAdvisoryCommands(program);
  addPreviewCommand(instance);
  addAuditCommand(program);
}
