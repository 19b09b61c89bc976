import type { Command } from 'commander';
import type { KeyFlags } from './registration-key.ts';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater init` and `headwater key …`. */
export function addKeyCommands(program: Command): void {
  const load = () => import('./key.ts');

  const init = shared(program.command('init'))
    .description(
      'make the data folder, a key to sign with, and an administrator, where there are none',
    )
    .option('--tls', 'also an own certificate authority, and a certificate for this server')
    .option('--name <host...>', 'with --tls: names and addresses besides that of public_url')
    .addHelpText(
      'after',
      `
Prints the key's fingerprint, and where clients get the key. A key that is there is never replaced, nor is an authority;
the server's certificate is where other names are wanted. \`tls:\` in the configuration makes the server use it.

The profile at the end is for OCI's SDKs and command line: with it, the first administrator asks the OS Management API. Their
private key is in the data folder, readable by this user alone.

Examples:
  headwater init --data /var/lib/headwater
  headwater init --tls --name yum.example.com --name 192.0.2.10`,
    );
  init.action(async (flags: { tls?: boolean; name?: string[] }) =>
    (await load()).initialise(await configOf(init), { ...flags, json: jsonOf(init) }),
  );

  const key = program
    .command('key')
    .description(
      'keys to sign the metadata of views and stages with, and keys to register instances with',
    );

  const list = shared(key.command('list'))
    .description('list the keys of both kinds')
    .addHelpText('after', '\nExample:\n  headwater key list --json');
  list.action(async () => (await load()).listKeys(await configOf(list), jsonOf(list)));

  const rotate = shared(key.command('rotate'))
    .description('make a new key to sign with, which signs beside the old one from now on')
    .addHelpText(
      'after',
      `
Both are published, and clients that know either are content. Retire the old one when all know the new one.

Example:
  headwater key rotate`,
    );
  rotate.action(async () => (await load()).rotateKey(await configOf(rotate), jsonOf(rotate)));

  const retire = shared(key.command('retire'))
    .description('destroy a key to sign with: it signs no more and is published no more')
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
    .description(
      'print the public keys that verify what is signed, as /keys/headwater.asc has them',
    )
    .addHelpText('after', '\nExample:\n  headwater key export > headwater.asc');
  exported.action(async () => (await load()).exportKeys(await configOf(exported)));

  addRegistrationKeyCommands(key);
}

function addRegistrationKeyCommands(key: Command): void {
  const load = () => import('./registration-key.ts');
  const create = shared(key.command('create'))
    .description('make a key that machines register with, and print it')
    .requiredOption('--name <name>', 'what the key is called in lists and in the audit')
    .option('--sources <labels>', 'sources that instances get, separated by commas; a parent first')
    .option('--group <name...>', 'groups that they join')
    .option('--compartment <path>', 'the compartment that they belong to (default: the root)')
    .option('--tag <tag...>', 'tags that they get')
    .option('--uses <n>', 'how many machines may register with it (default: any number)')
    .option('--expires <when>', 'after how long, or when, it is good no more (default: never)')
    .option(
      '--takeover-after <duration>',
      'a machine gets the record back that has its SMBIOS UUID, if that was silent for so long',
    )
    .option('--reactivates <id>', 'the one instance whose record the machine takes over')
    .addHelpText(
      'after',
      `
The key is shown only now: its hash is kept. Without --sources, instances get what their groups give, or else the defaults of
the configuration. A machine may present several keys, and gets what each of them gives; not those of two compartments.

Who takes a record over keeps its id, its tags, groups and sources; what let the machine in that had it does so no more, and
what was known of its hardware and packages is forgotten. A key that reactivates is good once unless --uses says otherwise.

Examples:
  headwater key create --name web --sources ol8_baseos_latest-x86_64,ol8_appstream-x86_64 --group web --expires 30d
  headwater key create --name reinstall --reactivates 1000010000 --expires 1d`,
    );
  create.action(async (flags: Omit<KeyFlags, 'json'>) =>
    (await load()).createKey(await configOf(create), { ...flags, json: jsonOf(create) }),
  );

  const revoke = shared(key.command('revoke'))
    .description('let nobody register any more with a key; who did stays')
    .argument('<name>', 'of a key to register with')
    .addHelpText('after', '\nExample:\n  headwater key revoke web');
  revoke.action(async (name: string) =>
    (await load()).revokeKey(await configOf(revoke), name, jsonOf(revoke)),
  );
}
