import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ModuleChange, moduleScript, modulesSaid } from '../../src/fleet/module-script.ts';
import { fixture } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { hasDnf } from '../support/tools.ts';

/** A machine of its own, which the real dnf changes when a script says so. */
async function machine() {
  const folder = await temporaryFolder();
  const root = join(folder, 'root');
  await mkdir(join(folder, 'bin'));
  await mkdir(join(root, 'etc/dnf'), { recursive: true });
  const config = join(folder, 'dnf.conf');
  await writeFile(
    config,
    `[main]\nreposdir=/nowhere\ncachedir=${folder}/cache\nlogdir=${folder}\n[base]\nname=base\nbaseurl=${fixture('ol8')}\ngpgcheck=0\n`,
  );
  const options = `--noplugins --config=${config} --installroot=${root} --releasever=8 --forcearch=x86_64`;
  const dnf = join(folder, 'bin/dnf');
  const found = spawnSync('sh', ['-c', 'command -v dnf'], { encoding: 'utf8' }).stdout.trim();
  await writeFile(
    dnf,
    `#!/bin/sh\nexec ${found} ${options} --setopt=module_platform_id=platform:el8 "$@"\n`,
  );
  await chmod(dnf, 0o755);
  const none = { disable: [], enable: [], switch: [], remove: [], install: [], dryRun: false };

  return (change: Partial<ModuleChange>) => {
    const script = moduleScript({ ...none, ...change }).replaceAll('/etc/dnf', `${root}/etc/dnf`);
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script], {
      ...{ env: { ...env, PYTHONDONTWRITEBYTECODE: '1' }, encoding: 'utf8' },
    });
    return { status, stdout, streams: modulesSaid('modules.change', { output: stdout }) };
  };
}

it.skipIf(!hasDnf)(
  'does with the real dnf what was asked for, and tells what is chosen',
  async () => {
    const change = await machine();
    const enabled = change({ enable: ['millrace:2.4'] });
    expect(enabled.status, enabled.stdout).toBe(0);
    expect(enabled.streams).toEqual({ millrace: { stream: '2.4', profiles: [] } });

    // Another stream is not enabled beside it: that is a switch.
    const other = change({ enable: ['millrace:2.10'] });
    expect(other.status).not.toBe(0);
    expect(other.streams).toEqual({ millrace: { stream: '2.4', profiles: [] } });
    const switched = change({ switch: ['millrace:2.10'] });
    expect(switched.status, switched.stdout).toBe(0);
    expect(switched.streams).toEqual({ millrace: { stream: '2.10', profiles: [] } });

    const tried = change({ disable: ['millrace'], dryRun: true });
    expect(tried.status, tried.stdout).toBe(0);
    expect(tried.streams).toEqual({ millrace: { stream: '2.10', profiles: [] } });
    const installed = change({ install: ['millrace:2.10'], dryRun: true });
    expect(installed.status, installed.stdout).toBe(0);
    expect(installed.stdout).toMatch(/^ millrace /m);
    expect(change({ install: ['nosuch'], dryRun: true }).status).toBe(1);

    const disabled = change({ disable: ['millrace'] });
    expect(disabled.status, disabled.stdout).toBe(0);
    expect(disabled.streams).toEqual({ millrace: { stream: null, profiles: [] } });
  },
  120_000,
);
