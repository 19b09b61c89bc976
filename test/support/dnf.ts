import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Dnf {
  /** Runs dnf with these arguments; gives its standard output. Rejects if it ends with an error. */
  (...args: string[]): Promise<string>;
  /** Sorted lines of `repoquery` over everything. */
  packages(): Promise<string[]>;
}

/**
 * The real dnf as a machine has it that was given a `.repo` file and nothing else: signatures are checked as the file says.
 * Cache, logs and state are in a folder of the test's own. Gives standard output; rejects with standard error in the message.
 */
export async function createDnfOf(
  folder: string,
  repoFile: string,
): Promise<(...args: string[]) => Promise<string>> {
  await mkdir(join(folder, 'repos'), { recursive: true });
  await writeFile(join(folder, 'repos/test.repo'), repoFile);
  // One of the machine's plugins offers what its other dnfs have downloaded.
  return machineDnf(folder, ['--noplugins'], {});
}

/** As that, with no `.repo` file but the plugins of a folder, which read the environment. */
export async function createDnfWithPlugins(
  folder: string,
  plugins: string,
  env: Record<string, string>,
): Promise<(...args: string[]) => Promise<string>> {
  await mkdir(join(folder, 'repos'), { recursive: true });
  const options = [`--setopt=pluginpath=${plugins}`, `--setopt=pluginconfpath=${folder}`];
  return machineDnf(folder, options, env);
}

async function machineDnf(folder: string, more: string[], env: Record<string, string>) {
  const config = join(folder, 'dnf.conf');
  await writeFile(config, '[main]\n');
  const options = [
    '-y',
    ...more,
    `--config=${config}`,
    '--releasever=8',
    '--forcearch=x86_64',
    '--setopt=module_platform_id=platform:el8',
    `--setopt=reposdir=${join(folder, 'repos')}`,
    `--setopt=cachedir=${join(folder, 'cache')}`,
    `--setopt=logdir=${folder}`,
    `--setopt=persistdir=${join(folder, 'persist')}`,
    '--setopt=retries=1',
  ];
  return async (...args: string[]) => {
    const { stdout } = await run('dnf', [...options, ...args], {
      cwd: folder,
      env: {
        ...{ PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder },
        // What it compiles stays out of the project.
        PYTHONDONTWRITEBYTECODE: '1',
        ...env,
      },
    });
    return stdout;
  };
}

/**
 * The real dnf on one repository, with cache, logs and state in a folder of the test's own and nothing of the machine's
 * configuration. Modular filtering is off in `packages`, so that every package shows.
 */
export async function createDnf(folder: string, baseUrl: string): Promise<Dnf> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'dnf.conf');
  await writeFile(config, '[main]\n');
  const options = [
    '-q',
    '-y',
    `--config=${config}`,
    '--disablerepo=*',
    `--repofrompath=test,${baseUrl}`,
    '--enablerepo=test',
    '--nogpgcheck',
    '--releasever=8',
    '--forcearch=x86_64',
    '--setopt=module_platform_id=platform:el8',
    `--setopt=reposdir=${join(folder, 'none')}`,
    `--setopt=cachedir=${join(folder, 'cache')}`,
    `--setopt=logdir=${folder}`,
    `--setopt=persistdir=${join(folder, 'persist')}`,
    '--setopt=retries=1',
    // What it read in this second is not expired for it, whatever `metadata_expire` says.
    '--refresh',
  ];
  const dnf = async (...args: string[]) => {
    const { stdout } = await run('dnf', [...options, ...args], {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder },
    });
    return stdout;
  };
  return Object.assign(dnf, {
    async packages() {
      const format = '%{name}-%{epoch}:%{version}-%{release}.%{arch} %{location}';
      const out = await dnf(
        'repoquery',
        '--disable-modular-filtering',
        '--available',
        '--qf',
        format,
      );
      return out.split('\n').filter(Boolean).sort();
    },
  });
}
