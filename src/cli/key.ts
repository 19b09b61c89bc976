import { AppError } from '../base/errors.ts';
import type { Administrator } from '../identity/administrator.ts';
import type { InitialisedTls } from '../server/control/access.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { registrationTable } from './registration-key.ts';
import { withOperations } from './session.ts';

/** The profile is alone on standard output, so that it can be put where SDKs look for it. */
export async function initialise(
  config: Config,
  { tls, name = [], json }: { tls?: boolean; name?: string[]; json: boolean },
): Promise<void> {
  if (name.length > 0 && !tls) throw new AppError('usage', '--name is for --tls');
  const [done, own, administrator] = await withOperations(config, async (o) => [
    await o.initialise(),
    tls ? await o.initialiseTls(name) : undefined,
    await o.initialiseAdministrator(),
  ]);
  if (json) {
    const all = { ...done, ...(own && { tls: own }), administrator };
    return print(json, all, () => '');
  }
  const lines = [
    `The data folder is ${done.data}.`,
    done.made ? 'A key to sign with was made:' : 'There is a key to sign with:',
    ...done.fingerprints.map((f) => `  ${f}`),
    `Clients get it from ${done.url} while the server runs; .repo files of views and stages name it.`,
    'To import it by hand:  headwater key export > headwater.asc && rpm --import headwater.asc',
    ...(own ? tlsLines(own, config) : []),
    ...administratorLines(administrator),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.stdout.write(administrator.profile ?? '');
}

function administratorLines({ user, made, profile, profileFile }: Administrator): string[] {
  if (profile === null) {
    return [
      `The administrator is ${user}, whose private key is not in the data folder.`,
      `Another one:  headwater user key add ${user} --out key.pem`,
    ];
  }
  return [
    made ? `An administrator was made: ${user}.` : `The administrator is ${user}.`,
    `This profile is for OCI's SDKs and command line, with this server as their endpoint; it is kept in ${profileFile}:`,
    '',
  ];
}

function tlsLines({ made, fingerprint, names, notAfter, url }: InitialisedTls, config: Config) {
  return [
    made.authority ? 'A certificate authority was made:' : 'There is a certificate authority:',
    `  SHA-256 ${fingerprint}`,
    `The server's certificate is for ${names.join(', ')}, until ${shownTime(notAfter)}; it is renewed by itself.`,
    `Clients get the authority's from ${url} while the server runs.`,
    ...(config.tls ? [] : ['To use them, add to the configuration:  tls: {}']),
  ];
}

export async function listKeys(config: Config, json: boolean): Promise<void> {
  const [signing, registration] = await withOperations(config, async (o) => [
    (await o.listKeys()).map((k) => ({ kind: 'signing' as const, ...k })),
    (await o.listRegistrationKeys()).map((k) => ({ kind: 'registration' as const, ...k })),
  ]);
  print(json, [...signing, ...registration], () => {
    const signs = table([
      ['FINGERPRINT', 'CREATED', 'STATE', 'ORIGIN'],
      ...signing.map((k) => [k.fingerprint, shownTime(k.created), k.state, k.origin]),
    ]);
    if (registration.length === 0) return signs;
    return `to sign with:\n${signs}\n\nto register with:\n${registrationTable(registration)}`;
  });
}

export async function rotateKey(config: Config, json: boolean): Promise<void> {
  const fingerprint = await withOperations(config, (o) => o.rotateKey());
  print(
    json,
    { fingerprint },
    () => `${fingerprint} signs from now on, beside the keys that were there.`,
  );
}

export async function retireKey(config: Config, name: string, json: boolean): Promise<void> {
  const fingerprint = await withOperations(config, (o) => o.retireKey(name));
  print(json, { fingerprint }, () => `${fingerprint} signs no more.`);
}

export async function exportKeys(config: Config): Promise<void> {
  process.stdout.write(await withOperations(config, (o) => o.exportKeys()));
}
