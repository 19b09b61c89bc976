import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { rpmHeader, type StubPackage } from './rpm-headers.ts';

export interface InstallrootOptions {
  /** Of its own; what is there is removed. */
  folder: string;
  /** What dnf reads of repositories, kept for other roots that read them. */
  cache: string;
  /** Base URLs, in order of priority where dnf knows none. */
  repositories: readonly { id: string; url: string }[];
  installed: readonly StubPackage[];
  /** Such as `8`. */
  release: string;
  arch: string;
  /** What `/etc/dnf/modules.d` says; null: disabled. */
  streams?: Readonly<Record<string, { stream: string | null; profiles: readonly string[] }>>;
}

export interface Update {
  name: string;
  arch: string;
  /** With an epoch unless that is 0. */
  evr: string;
}

export interface CheckedUpdates {
  updates: Update[];
  /** What would take the place of what. */
  obsoletes: { by: Update; old: Update }[];
}

/** Steps of a transaction, each as `name-[epoch:]version-release.arch`, sorted. */
export interface Transaction {
  installs: string[];
  upgrades: string[];
  downgrades: string[];
  reinstalls: string[];
  dependencies: string[];
  weakDependencies: string[];
  removals: string[];
  dependentRemovals: string[];
  /** What installed packages are replaced. */
  obsoleted: string[];
}

export type Installroot = Awaited<ReturnType<typeof createInstallroot>>;

/** Where rpm has its database below the root: Debian's is in the caller's home, others' where `--define` says. */
const home = '/root';

/**
 * A machine as dnf takes it for real: a folder with an rpm database of these packages, of which nothing else is there, and
 * with nothing of this machine's own configuration. Nothing is ever installed.
 */
export async function createInstallroot(options: InstallrootOptions) {
  const { folder, cache, repositories, installed, release, arch, streams = {} } = options;
  await rm(folder, { recursive: true, force: true });
  const modules = join(folder, 'etc/dnf/modules.d');
  for (const path of [modules, cache, join(folder, 'none'), join(folder, 'log')]) {
    await mkdir(path, { recursive: true });
  }
  await symlink(cache, join(folder, 'cache'));
  await writeFile(join(folder, 'dnf.conf'), '[main]\n');
  for (const [name, { stream, profiles }] of Object.entries(streams)) {
    const state = stream === null ? 'disabled' : 'enabled';
    const lines = [
      ...[`[${name}]`, `name=${name}`, `state=${state}`],
      ...[`stream=${stream ?? ''}`, `profiles=${profiles.join(', ')}`],
    ];
    await writeFile(join(modules, `${name}.module`), `${lines.join('\n')}\n`);
  }
  await writeDatabase(folder, installed);

  const fixed = [
    ...['-y', '--noplugins', `--config=${join(folder, 'dnf.conf')}`, `--installroot=${folder}`],
    ...[
      '--disablerepo=*',
      ...repositories.flatMap(({ id, url }) => [`--repofrompath=${id},${url}`]),
    ],
    ...repositories.map(({ id }) => `--enablerepo=${id}`),
    ...['--nogpgcheck', `--releasever=${release}`, `--forcearch=${arch}`],
    `--setopt=module_platform_id=platform:el${release}`,
    `--setopt=reposdir=${join(folder, 'none')}`,
    // These are below the root.
    ...['--setopt=cachedir=/cache', '--setopt=persistdir=/persist'],
    `--setopt=logdir=${join(folder, 'log')}`,
    ...['--setopt=retries=1', '--setopt=metadata_expire=never', '--setopt=protected_packages='],
  ];

  /** Runs it; gives its exit code and what it wrote. */
  function dnf(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = {
      ...{ PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: home },
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const settings = { env, cwd: folder, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve, reject) => {
      execFile('dnf', [...fixed, ...args], settings, (error, stdout, stderr) => {
        const code = error?.code ?? 0;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(error);
      });
    });
  }

  return {
    folder,
    dnf,

    /** `dnf check-update` */
    async checkUpdate(): Promise<CheckedUpdates> {
      // 100: there are some.
      const out = expectCode(await dnf('-q', 'check-update'), 0, 100);
      const [first = '', second = ''] = out.split(/^Obsoleting Packages$/m);
      const rows = rowsOf(second, 3).map(updateOf);
      return {
        updates: rowsOf(first, 3).map(updateOf),
        // Each is followed by what it replaces.
        obsoletes: rows.flatMap((by, i) => (i % 2 === 0 ? [{ by, old: rows[i + 1]! }] : [])),
      };
    },

    /** `dnf updateinfo list`: advisories of what could be updated, or of what is installed as they ship it. */
    async advisories(
      of: 'updates' | 'installed' = 'updates',
    ): Promise<{ id: string; kind: string; nevra: string }[]> {
      const out = expectCode(await dnf('-q', 'updateinfo', 'list', `--${of}`), 0);
      const lines = out.split('\n').filter((line) => line.trim() !== '');
      return lines.map((line) => {
        const [id = '', kind = '', nevra = ''] = line.trim().split(/\s+/);
        return { id, kind, nevra };
      });
    },

    /** What a command would do, such as `upgrade` or `install bash`; undefined where it cannot be done. */
    async transaction(...args: string[]): Promise<Transaction | undefined> {
      const { code, stdout, stderr } = await dnf('--assumeno', ...args);
      // It ends with 1 as nobody agreed, too.
      if (code > 1) throw new Error(`dnf ended with ${code}: ${stderr}`);
      const isTold = /^Transaction Summary$/m.test(stdout);
      if (!isTold && code === 1) return undefined;
      return readTransaction(isTold ? stdout : '');
    },
  };
}

async function writeDatabase(folder: string, installed: readonly StubPackage[]): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: home };
  const rpmdb = spawn('rpmdb', ['--root', folder, '--importdb'], {
    ...{ env, stdio: ['pipe', 'ignore', 'pipe'] },
  });
  const said = text(rpmdb.stderr);
  const ended = once(rpmdb, 'close');
  rpmdb.stdin.end(Buffer.concat(installed.map(rpmHeader)));
  const [code] = await ended;
  if (code !== 0) throw new Error(`rpmdb ended with ${code}: ${await said}`);
}

function expectCode(
  { code, stdout, stderr }: { code: number; stdout: string; stderr: string },
  ...expected: number[]
): string {
  if (!expected.includes(code)) throw new Error(`dnf ended with ${code}: ${stderr}`);
  return stdout;
}

/** A table's cells: what is long goes on in the next line. */
function rowsOf(out: string, columns: number): string[][] {
  const cells = out.split(/\s+/).filter(Boolean);
  return Array.from({ length: Math.floor(cells.length / columns) }, (_, i) =>
    cells.slice(i * columns, (i + 1) * columns),
  );
}

function updateOf([named = '', evr = '']: string[]): Update {
  const dot = named.lastIndexOf('.');
  return { name: named.slice(0, dot), arch: named.slice(dot + 1), evr };
}

const sections: Record<string, keyof Transaction> = {
  Installing: 'installs',
  'Installing group/module packages': 'installs',
  Upgrading: 'upgrades',
  Downgrading: 'downgrades',
  Reinstalling: 'reinstalls',
  'Installing dependencies': 'dependencies',
  'Installing weak dependencies': 'weakDependencies',
  Removing: 'removals',
  'Removing dependent packages': 'dependentRemovals',
  'Removing unused dependencies': 'dependentRemovals',
};

function readTransaction(out: string): Transaction {
  const found: Transaction = {
    ...{ installs: [], upgrades: [], downgrades: [], reinstalls: [], dependencies: [] },
    ...{ weakDependencies: [], removals: [], dependentRemovals: [], obsoleted: [] },
  };
  let section: keyof Transaction | undefined;
  let cells: string[] = [];
  const table = out.slice(0, out.search(/^Transaction Summary$/m));
  for (const line of table.split('\n')) {
    const heading = /^(\S.*):$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = sections[heading];
      cells = [];
      continue;
    }
    const replaced = /^\s+replacing\s+(\S+)\.(\S+)\s+(\S+)$/.exec(line);
    if (replaced) {
      found.obsoleted.push(`${replaced[1]}-${replaced[3]}.${replaced[2]}`);
      continue;
    }
    if (!section || !line.startsWith(' ')) continue;
    cells.push(...line.trim().split(/\s+/));
    // Name, architecture, version, repository, size and its unit, which bytes have not.
    while (cells.length >= 5) {
      const hasUnit = /^[kMGT]$/.test(cells[5] ?? '');
      const [name, arch, evr] = cells.splice(0, hasUnit ? 6 : 5);
      found[section].push(`${name}-${evr}.${arch}`);
    }
  }
  for (const list of Object.values(found) as string[][]) list.sort();
  return found;
}
