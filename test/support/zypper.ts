import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The real zypper on a root of the test's own that was given a `.repo` file and nothing else: signatures are checked as the
 * file says, with the keys that it names. Gives standard output; rejects with it and standard error where zypper ends
 * with an error.
 */
export async function createZypper(
  folder: string,
  repoFile: string,
): Promise<(...args: string[]) => Promise<string>> {
  const root = join(folder, 'root');
  const repos = join(root, 'etc/zypp/repos.d');
  await mkdir(repos, { recursive: true });
  await writeFile(join(repos, 'test.repo'), repoFile);
  return async (...args) => {
    const options = ['--non-interactive', '--no-color', '--gpg-auto-import-keys', '--root', root];
    const { stdout } = await run('zypper', [...options, ...args], {
      cwd: folder,
      timeout: 60_000,
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder },
    }).catch((error) => {
      throw new Error(`zypper ${args.join(' ')}: ${error.stdout}${error.stderr}`, { cause: error });
    });
    return stdout;
  };
}
