import type { Command } from 'commander';
import { configOf, jsonOf, shared } from './shared.ts';

/** `headwater user key …` */
export function addUserKeyCommands(user: Command): void {
  const load = () => import('./user-key.ts');
  const key = user
    .command('key')
    .description("the keys that a user's requests to the OS Management API are signed with");

  const add = shared(key.command('add'))
    .description(
      'let a user sign with an RSA key; prints its fingerprint, or a profile with a new one',
    )
    .argument('<user>')
    .argument('[file]', 'the public key as PEM')
    .option('--out <file>', 'make a new key, and write its private half into this new file')
    .addHelpText(
      'after',
      `
The private half of a new key is made and written by this command, and known to nobody else. The profile that is printed is for
~/.oci/config; \`client.endpoint\` is this server's address.

Examples:
  headwater user key add ada --out ~/.oci/headwater.pem
  openssl genrsa -out key.pem 2048 && openssl pkey -in key.pem -pubout -out public.pem
  headwater user key add ada public.pem`,
    );
  add.action(async (name: string, file: string | undefined, flags: { out?: string }) =>
    (await load()).addUserKey(await configOf(add), name, { file, ...flags, json: jsonOf(add) }),
  );

  const list = shared(key.command('list'))
    .description('list the keys of a user, or of all')
    .argument('[user]')
    .addHelpText('after', '\nExample:\n  headwater user key list ada');
  list.action(async (name: string | undefined) =>
    (await load()).listUserKeys(await configOf(list), name, jsonOf(list)),
  );

  const remove = shared(key.command('remove'))
    .description('let a user sign with a key no more, at once')
    .argument('<user>')
    .argument('<fingerprint>', 'as `headwater user key list` shows it')
    .addHelpText(
      'after',
      '\nExample:\n  headwater user key remove ada 20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34',
    );
  remove.action(async (name: string, fingerprint: string) => {
    const about = { fingerprint, json: jsonOf(remove) };
    await (await load()).removeUserKey(await configOf(remove), name, about);
  });
}
