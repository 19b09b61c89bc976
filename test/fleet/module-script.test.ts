import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ModuleChange, moduleScript, modulesSaid } from '../../src/fleet/module-script.ts';
import { temporaryFolder } from '../support/app.ts';
import { openRunning } from './running.ts';

const nothing: ModuleChange = {
  ...{ disable: [], enable: [], switch: [], remove: [], install: [], dryRun: false },
};

/** Runs a script where `dnf` is what is given, and the state of modules is in a folder. */
async function run(change: Partial<ModuleChange>, { dnf = 'exit 0' as string | null } = {}) {
  const folder = await temporaryFolder();
  const calls = join(folder, 'calls');
  await writeFile(calls, '');
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'modules.d'));
  if (dnf !== null) {
    const text = `#!/bin/sh\necho "$@" >> ${calls}\n${dnf}\n`;
    await writeFile(join(folder, 'bin/dnf'), text);
    await chmod(join(folder, 'bin/dnf'), 0o755);
  }
  await writeFile(join(folder, 'modules.d/php.module'), php);
  await writeFile(join(folder, 'modules.d/perl.module'), '[perl]\nstate=disabled\nname=perl\n');
  await writeFile(join(folder, 'modules.d/ruby.module'), '[ruby]\nname=ruby\nstream=\nstate=\n');
  const script = moduleScript({ ...nothing, ...change }).replaceAll(
    '/etc/dnf/modules.d',
    join(folder, 'modules.d'),
  );
  const path = dnf === null ? join(folder, 'bin') : `${join(folder, 'bin')}:/usr/bin:/bin`;
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile('/bin/sh', ['-c', script], { env: { PATH: path } }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, output: stdout }),
    );
  });
  return { code, output, calls: (await readFile(calls, 'utf8')).trim().split('\n') };
}

const php = '[php]\nname=php\nstream=8.2\nprofiles=common, devel\nstate=enabled\n';
const chosen = {
  php: { stream: '8.2', profiles: ['common', 'devel'] },
  perl: { stream: null, profiles: [] },
};

it('has dnf do all of it in an order that can be, and says which streams are chosen', async () => {
  const { code, output, calls } = await run({
    ...{ install: ['php:8.2/devel'], enable: ['php:8.2', 'nginx'], disable: ['perl'] },
    ...{ switch: ['ruby:3.1'], remove: ['maven'] },
  });
  expect(code).toBe(0);
  expect(calls).toEqual([
    '-y module disable perl',
    '-y module switch-to ruby:3.1',
    '-y module enable php:8.2 nginx',
    '-y module remove maven',
    '-y module install php:8.2/devel',
  ]);
  expect(modulesSaid('modules.change', { output })).toEqual(chosen);
  expect(modulesSaid('script.run', { output })).toBeUndefined();
});

it('ends with what fails first, and says all the same which streams are chosen', async () => {
  const dnf = 'case "$*" in *enable*) echo "no such stream" >&2; exit 3;; esac';
  const { code, output, calls } = await run({ enable: ['php:9'], install: ['php:9'] }, { dnf });
  expect(code).toBe(3);
  expect(calls).toEqual(['-y module enable php:9']);
  expect(output).toContain('no such stream');
  expect(modulesSaid('modules.change', { output })).toEqual(chosen);
});

it('tries it out where that is wanted', async () => {
  const change = { enable: ['php:8.2'], dryRun: true };
  const would = await run(change, { dnf: 'echo "Operation aborted."; exit 1' });
  expect(would).toMatchObject({ code: 0, calls: ['--assumeno module enable php:8.2'] });
  expect(would.output).toContain('Operation aborted.');
  expect((await run(change, { dnf: 'echo "Nothing to do."' })).code).toBe(0);
  const cannot = await run(change, { dnf: 'echo "Error: no such module"; exit 1' });
  expect(cannot.code).toBe(1);
  expect(cannot.output).toContain('no such module');
});

it('says where there is no dnf', async () => {
  const { code, output } = await run({ enable: ['php'] }, { dnf: null });
  expect(code).toBe(65);
  expect(output).toContain('there is no dnf here');
  expect(modulesSaid('modules.change', { output })).toBeUndefined();
});

it('notes the streams with the result of the action, and tells whom it concerns', async () => {
  const test = await openRunning();
  const [one] = (await test.instances(1)) as [number];
  const work = { kind: 'modules' as const, enable: [{ module: 'php', stream: '8.2' }] };
  const { id } = await test.start(work, [one], { single: true });
  const call = await test.next(one);
  expect(call).toMatchObject({ kind: 'script.run', params: [call!.id, { username: 'root' }] });
  const { output } = await run({ enable: ['php:8.2'] });
  const data = { output: Buffer.from(output).toString('base64'), base64enc: 1, return_code: 0 };
  await test.submit(one, call!.id, { data });
  expect(await test.stores.instanceSettings.of(one)).toEqual({ module_streams: chosen });
  expect(test.changed).toEqual([one]);
  const { actions } = await test.runs.details(id);
  expect(actions[0]).toMatchObject({ state: 'completed', result: { data: { exitCode: 0 } } });
});
