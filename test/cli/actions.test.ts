import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import type { Action } from '../../src/store/state/actions.ts';
import { createActionTable } from '../../src/store/state/actions.ts';
import { openState } from '../../src/store/state/state.ts';
import { createPlace } from './headwater.ts';

/** A data folder with two registered instances. */
async function createFleet() {
  const place = await createPlace('sources: []\n');
  const paths = dataPaths(join(place.folder, 'data'));
  await mkdir(paths.root, { recursive: true });
  const db = openState(paths);
  for (const [id, name, capabilities] of [
    [1000010000, 'one', 'script.run(1)=1'],
    [1000010001, 'two', ''],
  ] as const) {
    await db
      .insertInto('instance')
      .values({
        ...{ id, name, capabilities, state: 'registered', credential: Buffer.alloc(32) },
        ...{ os_name: 'oraclelinux-release', os_release: '8', arch: 'x86_64-redhat-linux' },
        ...{ owner: 'admin', registered_at: new Date().toISOString() },
      })
      .execute();
  }
  await db.destroy();
  return { ...place, paths };
}

it.each(['with a server', 'without a server'])(
  'Actions are made, listed, shown and cancelled %s',
  async (how) => {
    const fleet = await createFleet();
    if (how === 'with a server') await fleet.serve();
    const script = join(fleet.folder, 'report.sh');
    await writeFile(script, '#!/bin/sh\nid\n');

    const words = ['+tmux-2.7-3.el8.x86_64', '-httpd-2.4.37-65.el8.x86_64'];
    const made = await fleet.json<Action[]>(
      'instance',
      'run',
      '1000010000',
      '1000010001',
      'transaction',
      ...words,
    );
    const kind = 'packages.runTransaction';
    expect(made.value).toMatchObject([
      { instance: 1000010000, kind, createdBy: expect.stringMatching(/^user:/) },
      { instance: 1000010001, kind },
    ]);
    expect((await fleet.json('action', 'show', '2')).value).toMatchObject({
      params: { install: [{ name: 'tmux' }], erase: [{ name: 'httpd', version: '2.4.37' }] },
    });
    const first = String(made.value[0]!.id);
    const after = await fleet.run(
      'instance',
      'run',
      '1000010000',
      'script',
      script,
      '--after',
      first,
    );
    expect([after.code, after.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^action 3: script.run on instance 1000010000, at .*, after action 1$/m,
      ),
    ]);
    const refused = await fleet.run('instance', 'run', '1000010001', 'script', script);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('two (1000010001) cannot do that: it did not announce script.run'),
    ]);
    expect((await fleet.run('instance', 'run', '17', 'reboot')).stderr).toContain(
      'there is no instance 17',
    );
    const typo = await fleet.run('instance', 'run', '1000010000', 'reboot', '--wiat');
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining('no option --wiat')]);

    const cancelled = await fleet.run('action', 'cancel', first);
    expect(cancelled.stdout).toBe('action 1 is cancelled\n');
    const list = await fleet.run('instance', 'actions', '1000010000');
    expect(
      list.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/).slice(0, 3)),
    ).toEqual([
      ['ACTION', 'KIND', 'STATE'],
      ['3', 'script.run', 'failed'],
      ['1', 'packages.runTransaction', 'cancelled'],
    ]);
    const shown = (await fleet.run('action', 'show', '3')).stdout;
    expect(shown).toMatch(/^action 3: script.run\n {2}instance +1000010000\n {2}state +failed\n/);
    expect(shown).toMatch(/^ {2}message +action 1, which this one waited for, was cancelled$/m);
    expect(shown).toMatch(/^ {2}script\n {4}#!\/bin\/sh\n {4}id$/m);
    expect((await fleet.run('action', 'show', '99')).stderr).toContain('there is no action 99');
  },
  120_000,
);

it('With --wait a command ends when everything has, and tells how', async () => {
  const fleet = await createFleet();
  const waiting = fleet.run('instance', 'run', '1000010000', 'refresh-packages', '--wait');
  const db = openState(fleet.paths);
  const table = createActionTable(db);
  const result = { data: { output: 'a\u001b[2Jb\n', outputBytes: 7, outputCut: false } };
  for (let left = 200; left > 0 && !(await table.find(1)); left--) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const end = { at: new Date().toISOString(), status: 20, message: 'no\u0007', result };
  await db.transaction().execute((tx) => table.end(tx, 1, { state: 'failed', ...end }));
  await db.destroy();
  const { code, stdout, stderr } = await waiting;
  expect(code).toBe(1);
  expect(stderr).toContain('action 1: packages.refresh_list on instance 1000010000');
  expect(stdout).toMatch(/^ {2}status +20$/m);
  expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
}, 60_000);
