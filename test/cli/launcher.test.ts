import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/tools.ts';
import { temporaryFolder } from './folder.ts';
import { plainEnvironment, program } from './headwater.ts';

const system = '/usr/bin:/bin';

/** A folder with a `node` in it that says it is of this version, and its arguments. */
async function pretendNode(version: string): Promise<string> {
  const folder = await temporaryFolder();
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo v${version} || echo "node ${version}: $*"\n`;
  await writeFile(join(folder, 'node'), script);
  await chmod(join(folder, 'node'), 0o755);
  return folder;
}

function run(command: string, args: string[], path: string, cwd = '/') {
  const env = { ...plainEnvironment(), PATH: path };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr };
}

const version = /^\d+\.\d+\.\d+$/;

it('The program runs from anywhere, through links, with an old Node or none on PATH', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a b'));
  await symlink(program, join(folder, 'absolute'));
  await symlink('../absolute', join(folder, 'a b/relative'));
  const old = `${await pretendNode('18.20.4')}:${system}`;
  for (const path of [old, system]) {
    expect(run(program, ['--version'], path).stdout).toMatch(version);
  }
  expect(run(join(folder, 'a b/relative'), ['--version'], old).stdout).toMatch(version);
  expect(run('./relative', ['--version'], old, join(folder, 'a b')).stdout).toMatch(version);
  expect(run('bin/headwater', ['--version'], old, projectRoot).stdout).toMatch(version);
});

it('bin/node is the project’s own Node', () => {
  const { stdout } = run(join(projectRoot, 'bin/node'), ['-p', 'process.execPath'], system);
  expect(dirname(stdout)).toMatch(new RegExp(`^${projectRoot}node_modules/node-[a-z0-9-]+/bin$`));
});

it.each([
  ['24.12.0', true],
  ['24.13.1', true],
  ['26.0.0', true],
  ['100.1.0', true],
  ['24.11.9', false],
  ['22.20.0', false],
  ['9.99.0', false],
])('Without the project’s own, a Node %s on PATH is taken: %s', async (found, taken) => {
  const folder = await temporaryFolder();
  await cp(join(projectRoot, 'bin'), join(folder, 'bin'), { recursive: true });
  const path = `${await pretendNode(found)}:${system}`;
  const { status, stdout, stderr } = run(join(folder, 'bin/node'), ['x', 'y z'], path);
  if (taken) expect([status, stdout]).toEqual([0, `node ${found}: x y z`]);
  else {
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/needs Node\.js 24\.12 or newer.*npm ci/);
  }
});
