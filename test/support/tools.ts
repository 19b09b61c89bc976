import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Real repositories that the project does not carry; tests that need them are skipped where they are absent. */
const corpusFolder = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
export const corpus = existsSync(corpusFolder) ? corpusFolder : undefined;

/** A Python that has rpm's own bindings, if there is one. */
export const rpmPython = ['/usr/bin/python3', 'python3'].find(
  (p) => spawnSync(p, ['-c', 'import rpm']).status === 0,
);

const present = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
export const hasDnf = present('dnf');
export const hasDnfDownload = hasDnf && spawnSync('dnf', ['download', '--help']).status === 0;
export const hasRepoclosure = hasDnf && spawnSync('dnf', ['repoclosure', '--help']).status === 0;
export const hasZypper = present('zypper');
export const hasCreaterepo = present('createrepo_c');
export const hasRpmbuild = present('rpmbuild');
/** createrepo_c makes deltas with it. */
export const hasDeltarpm =
  hasCreaterepo && hasRpmbuild && spawnSync('makedeltarpm', []).error === undefined;
/** rpmbuild, rpmsign, rpmkeys and gpg. */
export const hasRpmSigning =
  hasRpmbuild && present('rpmsign') && present('rpmkeys') && present('gpg');
export const hasBusybox = spawnSync('busybox', ['true']).status === 0;
/** Also where it is installed, a container may forbid it. */
export const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
/** A Python that has Prometheus' own parser, if there is one. */
export const prometheusPython = ['/usr/bin/python3', 'python3'].find(
  (p) => spawnSync(p, ['-c', 'import prometheus_client.parser']).status === 0,
);

const missing = [
  hasDnf ? '' : 'dnf',
  hasDnfDownload && hasRepoclosure ? '' : 'dnf-plugins-core',
  hasCreaterepo ? '' : 'createrepo-c',
  hasRpmbuild ? '' : 'rpm',
  hasDeltarpm ? '' : 'deltarpm',
  hasRpmSigning ? '' : 'gnupg',
  hasStrace ? '' : 'strace',
  hasBusybox ? '' : 'busybox',
  rpmPython ? '' : 'python3-rpm',
  prometheusPython ? '' : 'python3-prometheus-client',
].filter((p) => p !== '');

/** One line that says how to get what skipped tests need; undefined where nothing is missing. */
export const howToGetTools =
  [
    missing.length > 0 ? `skipped tests need: apt-get install ${missing.join(' ')}` : '',
    // Debian's packages of both cannot be installed together.
    hasZypper ? '' : 'those with zypper need it beside dnf-plugins-core, as .ci/run unpacks it',
  ]
    .filter((line) => line !== '')
    .join('\n') || undefined;
