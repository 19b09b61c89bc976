import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater init` and `headwater key …`. */
export function addKeyCommands(program: Command): void {
  const load = () => import('./key.ts');

  const init = shared(program.command('init'))
    .description('make the data folder and a key to sign with, where there are none')
    .option('--tls', 'also an own certificate authority, and a certificate for this server')
    .option('--name <host...>', 'with --tls: names and addresses besides that of public_url')
    .addHelpText(
      'after',
      `
Prints the key's fingerprint, and where clients get the key. A key that is there is never replaced, nor is an authority;
the server's certificate is where other names are wanted. \`tls:\` in the configuration makes the server use it.

Examples:
  headwater init --data /var/lib/headwater
  headwater init --tls --name yum.example.com --name 192.0.2.10`,
    );
  init.action(async (flags: { tls?: boolean; name?: string[] }) =>
    (await load()).initialise(await configOf(init), { ...flags, json: jsonOf(init) }),
  );

  const key = program
    .command('key')
    .description('the keys that this server signs the metadata of views and stages with');

  const list = shared(key.command('list'))
    .description('list the keys')
    .addHelpText('after', '\nExample:\n  headwater key list --json');
  list.action(async () => (await load()).listKeys(await configOf(list), jsonOf(list)));

  const rotate = shared(key.command('rotate'))
    .description('make a new key, which signs beside the old one from now on')
    .addHelpText(
      'after',
      `
Both are published, and clients that know either are content. Retire the old one when all know the new one.

Example:
  headwater key rotate`,
    );
  rotate.action(async () => (await load()).rotateKey(await configOf(rotate), jsonOf(rotate)));

  const retire = shared(key.command('retire'))
    .description('destroy a key: it signs no more and is published no more')
    .argument('<fingerprint>', 'which one, as `headwater key list` names it')
    .addHelpText(
      'after',
      `
Clients that know no other key refuse the metadata from then on. The last key cannot be retired.

Example:
  headwater key retire 0123456789abcdef0123456789abcdef01234567`,
    );
  retire.action(async (fingerprint: string) =>
    (await load()).retireKey(await configOf(retire), fingerprint, jsonOf(retire)),
  );

  const exported = shared(key.command('export'), { json: false })
    .description('print the public keys, as /keys/headwater.asc has them')
    .addHelpText('after', '\nExample:\n  headwater key export > headwater.asc');
  exported.action(async () => (await load()).exportKeys(await configOf(exported)));
}
