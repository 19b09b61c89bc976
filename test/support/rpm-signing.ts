import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

export interface Gpg {
  home: string;
  /** Runs gpg in this home; gives its standard output. */
  (...args: string[]): Promise<string>;
}

/** A key made by gpg: its fingerprint in lower case, and the public key, armoured. */
export interface GpgKey {
  fingerprint: string;
  armored: string;
}

/** gpg with a home of the test's own, on a short path, as its agent's socket wants it. */
export async function createGpg(): Promise<Gpg> {
  const home = await mkdtemp(join(tmpdir(), 'hw-gpg-'));
  const env = { ...process.env, GNUPGHOME: home, LC_ALL: 'C.UTF-8' };
  onTestFinished(async () => {
    await run('gpgconf', ['--kill', 'gpg-agent'], { env }).catch(() => {});
    await rm(home, { recursive: true, force: true });
  });
  const gpg = async (...args: string[]) => {
    const { stdout } = await run('gpg', ['--batch', '--quiet', '--yes', ...args], { env });
    return stdout;
  };
  return Object.assign(gpg, { home });
}

/** Makes a key without passphrase; `at` is when, as gpg's `--faked-system-time` takes it. */
export async function makeKey(
  gpg: Gpg,
  { algorithm = 'rsa2048', expire = 'never', at = [] as string[], usage = 'sign' } = {},
): Promise<GpgKey> {
  const name = `Key ${Math.random().toString(36).slice(2)}`;
  await gpg(...at, '--passphrase', '', '--quick-gen-key', name, algorithm, usage, expire);
  return exportKey(gpg, name);
}

export async function exportKey(gpg: Gpg, name: string): Promise<GpgKey> {
  const list = await gpg('--list-keys', '--with-colons', name);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(list)![1]!.toLowerCase();
  return { fingerprint, armored: await gpg('--armor', '--export', fingerprint) };
}

/** At a time of the past, for gpg's own arguments. */
export const at = (time: string): string[] => ['--faked-system-time', `${time}!`];

/** Signs an rpm in its place, with more arguments for gpg. */
export async function signRpm(
  gpg: Gpg,
  rpm: string,
  { fingerprint }: Pick<GpgKey, 'fingerprint'>,
  extra: string[] = [],
): Promise<void> {
  const { stdout } = await run('sh', ['-c', 'command -v gpg']);
  const defines = [
    `__gpg ${stdout.trim()}`,
    `_gpg_name ${fingerprint}`,
    `_gpg_sign_cmd_extra_args --batch --quiet ${extra.join(' ')}`,
  ];
  await run('rpmsign', ['--addsign', ...defines.flatMap((d) => ['--define', d]), rpm], {
    env: { ...process.env, GNUPGHOME: gpg.home, LC_ALL: 'C.UTF-8' },
  });
}

/** What `rpmkeys -Kv` says of a package, with these keys and no others in its keyring. */
export async function rpmkeys(
  folder: string,
  rpm: string,
  keys: string[],
): Promise<{ ok: boolean; said: string }> {
  const dbpath = await mkdtemp(join(folder, 'rpmdb-'));
  const database = ['--dbpath', dbpath, '--define', '_keyring rpmdb'];
  for (const [i, key] of keys.entries()) {
    const file = join(dbpath, `key-${i}`);
    await mkdir(dbpath, { recursive: true });
    await writeFile(file, key);
    await run('rpmkeys', [...database, '--import', file]);
  }
  const env = { ...process.env, LC_ALL: 'C' };
  return run('rpmkeys', [...database, '-Kv', rpm], { env }).then(
    ({ stdout }) => ({ ok: true, said: stdout }),
    (error) => ({ ok: false, said: `${error.stdout}${error.stderr}` }),
  );
}
