import type { Command } from 'commander';
import { addCompartmentCommands } from './compartment-commands.ts';
import { addDynamicGroupCommands } from './dynamic-group-commands.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { addUserCommands } from './user-commands.ts';
import { addUserGroupCommands } from './user-group-commands.ts';

/** Commands on who may do what. */
export function addIdentityCommands(program: Command): void {
  addUserCommands(program);
  addUserGroupCommands(program);
  addCompartmentCommands(program);
  addDynamicGroupCommands(program);
  addPolicyCommands(program);
}
