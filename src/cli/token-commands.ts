import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater token …`. */
export function addTokenCommands(program: Command): void {
  const token = program
    .command('token')
    .description('the tokens that managed instances get at login, and read their channels with');

  const rotate = shared(token.command('rotate'))
    .description('sign tokens with a new key from now on')
    .addHelpText(
      'after',
      `
Tokens that are out stay good for their time (fleet.token_lifetime), so that no instance notices. After a second rotation they
are good no more: if a key got into the wrong hands, rotate twice. Instances that run dnf in that hour may have to log in again
by \`rhn-profile-sync\`.

Example:
  headwater token rotate`,
    );
  rotate.action(async () =>
    (await import('./token.ts')).rotateTokenKey(await configOf(rotate), jsonOf(rotate)),
  );
}
