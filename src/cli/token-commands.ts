import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';
import type { TokenFlags } from './token.ts';

/** `headwater token …`. */
export function addTokenCommands(program: Command): void {
  const load = () => import('./token.ts');
  const token = program
    .command('token')
    .description(
      'bearer tokens with which scripts ask the OS Management API, and the login tokens of managed instances',
    );

  const create = shared(token.command('create'))
    .description('make a bearer token with which a script acts as a user, and print it')
    .requiredOption('--user <name>', 'whom the script acts as')
    .requiredOption('--name <name>', 'what the token is called in lists and in the audit')
    .requiredOption('--expires <when>', 'after how long, or when, it is good no more')
    .option(
      '--scope <scope...>',
      'what it may at most, as "VERB RESOURCE-TYPE" of policies (default: all that the user may)',
    )
    .addHelpText(
      'after',
      `
The token is shown only now: its hash is kept. It never lets anybody do what its user may not.

Examples:
  headwater token create --user ada --name nightly --expires 30d
  headwater token create --user ada --name report --expires 2027-01-01 --scope "read osms-family"`,
    );
  create.action(async (flags: Omit<TokenFlags, 'json'>) =>
    (await load()).createToken(await configOf(create), { ...flags, json: jsonOf(create) }),
  );

  const list = shared(token.command('list'))
    .description('list the bearer tokens')
    .option('--user <name>', 'of one user')
    .addHelpText('after', '\nExample:\n  headwater token list --user ada');
  list.action(async (flags: { user?: string }) =>
    (await load()).listTokens(await configOf(list), { ...flags, json: jsonOf(list) }),
  );

  const revoke = shared(token.command('revoke'))
    .description('make a bearer token good for nothing, at once')
    .argument('<name>')
    .requiredOption('--user <name>', 'whose token it is')
    .addHelpText('after', '\nExample:\n  headwater token revoke nightly --user ada');
  revoke.action(async (name: string, flags: { user: string }) =>
    (await load()).revokeToken(await configOf(revoke), name, { ...flags, json: jsonOf(revoke) }),
  );

  const rotate = shared(token.command('rotate'))
    .description('sign the login tokens of managed instances with a new key from now on')
    .addHelpText(
      'after',
      `
These are the tokens that instances get at login, and read their channels with; bearer tokens have nothing to do with it.
Tokens that are out stay good for their time (fleet.token_lifetime), so that no instance notices. After a second rotation they
are good no more: if a key got into the wrong hands, rotate twice. Instances that run dnf in that hour may have to log in again
by \`rhn-profile-sync\`.

Example:
  headwater token rotate`,
    );
  rotate.action(async () => (await load()).rotateTokenKey(await configOf(rotate), jsonOf(rotate)));
}
