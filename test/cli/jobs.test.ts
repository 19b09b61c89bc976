import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rolloutOf, scheduleOf, targetsOf, workOf } from '../../src/cli/job-words.ts';
import { projectRoot } from '../support/tools.ts';
import { createPlace } from './headwater.ts';

it('Words say what is done', async () => {
  const words = (text: string) => workOf(text.split(' '));
  expect(await words('update-all security then reboot')).toEqual({
    kind: 'steps',
    steps: [{ kind: 'updateAll', kinds: ['security'] }, { kind: 'reboot' }],
  });
  expect(await words('update-all')).toEqual({ kind: 'updateAll', kinds: 'all' });
  expect(await words('install tmux vim')).toEqual({ kind: 'install', packages: ['tmux', 'vim'] });
  expect(await words('module enable php:8.2 perl')).toEqual({
    kind: 'modules',
    enable: [{ module: 'php', stream: '8.2' }, { module: 'perl' }],
  });
  expect(await words('module install php:8.2/common')).toEqual({
    kind: 'modules',
    install: [{ module: 'php', stream: '8.2', profile: 'common' }],
  });
  expect(await workOf([])).toBeUndefined();
  for (const wrong of [
    'dance',
    'reboot now',
    'module enable',
    'module break php',
    'script',
    'then',
  ]) {
    await expect(words(wrong), wrong).rejects.toMatchObject({ kind: 'usage' });
  }
});

it('Options say when, for whom and how', () => {
  expect(scheduleOf({ at: '2026-07-01T03:00', timeZone: 'Europe/Berlin' })).toEqual({
    ...{ once: '2026-07-01T01:00:00.000Z', timeZone: 'Europe/Berlin' },
  });
  expect(scheduleOf({ at: '2026-07-01T03:00:00+05:00' })).toMatchObject({
    once: '2026-06-30T22:00:00.000Z',
  });
  expect(scheduleOf({ every: '2 weeks', from: '2026-07-01', days: 'mon,fri' })).toEqual({
    ...{ every: 'week', interval: 2, from: '2026-07-01T00:00:00.000Z', timeZone: 'UTC' },
    days: ['mon', 'fri'],
  });
  expect(scheduleOf({ cron: '0 3 * * *' })).toEqual({ cron: '0 3 * * *', timeZone: 'UTC' });
  expect(scheduleOf({})).toBeUndefined();
  for (const wrong of [
    { now: true, at: '2h' },
    { every: 'fortnight' },
    { every: '0.5 days' },
    { at: 'tomorrow' },
    { at: '2026-02-30' },
    { every: 'day', timeZone: 'Mars/Olympus' },
    { from: '2026-07-01' },
  ]) {
    expect(() => scheduleOf(wrong), JSON.stringify(wrong)).toThrow(
      expect.objectContaining({ kind: 'usage' }),
    );
  }
  expect(targetsOf({ instance: ['ID-1000010000'], search: 'tag=blue,lacks=security' })).toEqual({
    ...{ instances: [1000010000], groups: [], compartments: [] },
    search: { tag: 'blue', hasUpdates: 'security' },
  });
  expect(rolloutOf({ window: 'sat,sun 22:00 4h', atOnce: '25%', stopAfter: '2' })).toEqual({
    window: { days: ['sat', 'sun'], from: '22:00', minutes: 240 },
    ...{ maxAtOnce: '25%', stopAfter: 2 },
  });
  expect(rolloutOf({ window: 'none', atOnce: 'all', stopAfter: 'never' })).toEqual({
    ...{ window: null, maxAtOnce: null, stopAfter: null },
  });
  for (const window of ['always', '22:00 90s', '22:00 25h', '22:00 0h', '22:00']) {
    expect(() => rolloutOf({ window }), window).toThrow(`--window ${window} is no window`);
  }
});

it('What the page on jobs shows can be done in that order', { timeout: 180_000 }, async () => {
  const place = await createPlace('');
  // Commands that ask a server are quicker.
  await place.serve();
  const text = await readFile(join(projectRoot, 'docs/jobs.md'), 'utf8');
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  const shown = lines.filter((line) => line.startsWith('    headwater '));
  expect(shown.length).toBeGreaterThan(8);
  for (const line of shown) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].slice(1).map(([, q, w]) => q ?? w!);
    const { code, stderr } = await place.run(...words);
    expect([line, code, stderr]).toEqual([line, 0, expect.any(String)]);
  }
});

it('Jobs are shown as tables and as JSON, and refusals end with a code', {
  timeout: 120_000,
}, async () => {
  const place = await createPlace('');
  await place.serve();
  expect((await place.run('job', 'list')).stdout).toBe('there are no jobs\n');
  await place.run('group', 'create', 'web');
  const work = ['update-all', 'security', 'then', 'reboot'];
  const when = ['--every', 'week', '--from', '2030-12-03T03:00', '--time-zone', 'Europe/Berlin'];
  const made = await place.run('job', 'create', 'night', ...work, '--group', 'web', ...when);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toContain('job 1: night');
  expect(made.stdout).toContain('does         install all updates (security), then reboot');
  expect(made.stdout).toContain('when         every week on tue at 03:00 Europe/Berlin');
  expect(made.stdout).toContain('note: it is for no instance, as things are');
  const [heads, row] = (await place.run('job', 'list')).stdout.split('\n');
  expect(heads).toMatch(/^ID +NAME +STATE +WHEN +NEXT +LAST +DOES$/);
  expect(row).toMatch(/^1 +night +active +every week on tue at 03:00 Europe\/Berlin +2030-12-03 /);
  const json = JSON.parse((await place.run('job', 'show', '1', '--json')).stdout);
  expect(json).toMatchObject({ id: 1, nextAt: '2030-12-03T02:00:00.000Z', instances: 0 });
  for (const [words, code, said] of [
    [['show', '9'], 1, 'there is no job 9'],
    [['show', 'night'], 2, 'night is no job'],
    [['change', '1'], 2, 'nothing is said of what is to change'],
    [['create', 'x', 'reboot', '--group', 'web'], 2, 'it is not said when'],
    [['create', 'x', 'reboot', '--now'], 2, 'it is not said for whom'],
    [['create', 'x', 'reboot', '--group', 'web', '--at', '2020-01-01'], 2, 'is over'],
    [['create', 'x', 'reboot', '--group', 'web', '--cron', '0 0 30 2 *'], 2, 'it never happens'],
    [['resume', '9'], 1, 'there is no job 9'],
    [['create', 'x', 'reboot', '--group', 'wbe', '--now'], 1, 'there is no group wbe'],
    [['create', 'x', 'reboot', '--instance', '7', '--now'], 1, 'there is no instance 7'],
    [['create', 'x', 'reboot', '--in-compartment', 'a:b', '--now'], 1, 'no compartment a:b'],
    [['create', 'x', 'reboot', '--search', 'group=wbe', '--now'], 1, 'there is no group wbe'],
    [['create', 'x', 'reboot', '--search', 'compartment=a', '--now'], 1, 'no compartment a'],
    [['change', '1', '--group', 'wbe'], 1, 'there is no group wbe'],
  ] as const) {
    const { stderr, ...ended } = await place.run('job', ...words);
    expect([words, ended.code]).toEqual([words, code]);
    expect(stderr).toContain(said);
  }
});
