import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/work.ts';
import { noCounts } from '../../src/fleet/run-rows.ts';
import type { Run, RunChild } from '../../src/fleet/run-types.ts';
import { enrol } from './enrol.ts';
import { createPlace } from './headwater.ts';

/** A data folder with three instances, of which two are in the group `web`. */
async function createFleet() {
  const place = await createPlace('sources: []\n');
  const key = await place.json<{ key: string }>('key', 'create', '--name', 'k');
  const first = await enrol(place, key.value.key, 3);
  const ids = [first, first + 1, first + 2].map(String) as [string, string, string];
  await place.run('group', 'create', 'web');
  await place.run('group', 'create', 'empty');
  await place.run('group', 'add', 'web', ids[0], ids[1]);
  return { ...place, ids };
}

type Shown = Run & { children: RunChild[]; details: { actions: unknown[] } | null };

it('Work is given, shown and cancelled', async () => {
  const { run, json, ids } = await createFleet();
  const made = await json<Run>('group', 'reboot', 'web', '--at-once', '50%', '--stop-after', '1');
  expect(made.value).toMatchObject({
    ...{ description: 'reboot (group web)', operationType: 'REBOOT', status: 'ACCEPTED' },
    ...{ rollout: { maxAtOnce: 1, stopAfter: 1 }, counts: { queued: 1, waiting: 1, total: 2 } },
  });
  const id = String(made.value.id);
  const shown = await json<Shown>('run', 'show', id);
  expect(shown.value.children).toMatchObject([
    { instance: Number(ids[0]), name: 'web0.example.com', outcome: 'queued' },
    { instance: Number(ids[1]), name: 'web1.example.com', outcome: 'waiting' },
  ]);
  const text = (await run('run', 'show', id, '--outcome', 'waiting')).stdout;
  expect(text).toMatch(/run \d+: reboot \(group web\)\n {2}status {9}ACCEPTED, 0%/);
  expect(text).toMatch(/web1\.example\.com +waiting/);
  expect(text).toContain('and 1 more');
  expect((await run('run', 'list', '--open')).stdout).toMatch(
    /reboot \(group web\) +2 instances +ACCEPTED +0\/2 +0/,
  );
  expect((await run('run', 'cancel', id)).stdout).toBe(`run ${id} is cancelled\n`);
  expect((await run('run', 'list', '--open')).stdout).toBe('there are no such runs\n');
  expect(await run('run', 'cancel', id)).toMatchObject({ code: expect.any(Number), stdout: '' });
  expect((await json<Run[]>('run', 'list', '--instance', ids[1])).value).toMatchObject([
    { instance: Number(ids[1]), parent: made.value.id, status: 'CANCELED' },
  ]);
  await run('group', 'reboot', 'web', '--description', 'because '.repeat(50));
  expect((await run('run', 'list')).stdout).toMatch(/^\d+ +(because ){7}bec… +2 instances /m);
});

it('What one instance is given is its own, and says what it is', async () => {
  const { run, json, ids, folder } = await createFleet();
  const made = await json<Run>('instance', 'update', ids[0], '--security', '--bugfix');
  expect(made.value).toMatchObject({
    ...{ instance: Number(ids[0]), operationType: 'UPDATEALL' },
    work: { kind: 'updateAll', kinds: ['security', 'bugfix'] },
  });
  const shown = await json<Shown>('run', 'show', String(made.value.id));
  expect(shown.value.details!.actions).toMatchObject([{ kind: 'updates.install' }]);
  expect((await run('run', 'show', String(made.value.id))).stdout).toContain('updates.install');
  await writeFile(join(folder, 'report.sh'), '#!/bin/sh\nid\n');
  const absent = await run('instance', 'install', ids[0], 'tmux');
  expect(absent.stderr).toContain('none of its sources has tmux');
  for (const words of [
    ['script', ids[0], './report.sh', '--user', 'nobody'],
    ['module', ids[0], 'enable', 'php:8.2'],
  ]) {
    const refused = await run('instance', ...words);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('it did not announce script.run');
  }
});

it('A group without instances has nothing to do', async () => {
  const { run } = await createFleet();
  const { stdout, code } = await run('group', 'update', 'empty', '--wait');
  expect(code).toBe(0);
  expect(stdout).toContain('there are no instances: nothing was done');
});

it('What is not well said is refused', async () => {
  const { run, ids } = await createFleet();
  for (const [words, message] of [
    [['instance', 'install', 'tmux'], 'no instance is named before tmux'],
    [['instance', 'install', ids[0]], 'no package is named'],
    [['instance', 'update', ids[0], 'tmux', '--security'], 'give packages, or --security'],
    [['instance', 'reboot', ids[0], 'now'], 'nothing comes after that'],
    [['instance', 'module', ids[0], 'destroy', 'php'], 'not said what to do with which module'],
    [['instance', 'module', ids[0], 'switch', 'php'], 'stream'],
    [['instance', 'reboot', ids[0], '--at-once', '2'], 'of several instances'],
    [['group', 'reboot', 'web', '--at-once', '0'], 'at least 1'],
    [['group', 'reboot', 'web', '--at-once', '120%'], 'more than all'],
    [['group', 'reboot', 'web', '--until', 'soon'], 'is no time'],
    [['group', 'reboot', 'web', '--until', '2001-01-01'], 'over already'],
    [['group', 'reboot', 'nosuch'], 'nosuch'],
    [['run', 'show', '4711'], 'there is no run 4711'],
  ] as const) {
    const { code, stderr } = await run(...words);
    expect([words, code === 0, stderr.includes(message)], stderr).toEqual([words, false, true]);
  }
});

it('Who waits for work is told by the exit code whether all of it was done', () => {
  const counts = { ...noCounts(), done: 2, total: 2 };
  expect(exitCodeOf({ status: 'SUCCEEDED', counts: noCounts() })).toBe(0);
  expect(exitCodeOf({ status: 'SUCCEEDED', counts })).toBe(0);
  expect(exitCodeOf({ status: 'SUCCEEDED', counts: { ...counts, cancelled: 1 } })).toBe(1);
  expect(exitCodeOf({ status: 'FAILED', counts })).toBe(1);
});
