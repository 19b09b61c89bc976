import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createActing, done } from './acting.ts';

const update = (...packages: object[]) => ({ kind: 'packages.update', params: { packages } });
const bash = { name: 'bash', version: '5.1', release: '2.el8', arch: 'x86_64' };
const build = { ...bash, epoch: '0' };

it.each([
  [
    'packages.update',
    { packages: [bash, { ...bash, epoch: '1' }, { name: 'zsh' }] },
    'packages.update',
    [
      [
        ['bash', '5.1', '2.el8', '', 'x86_64'],
        ['bash', '5.1', '2.el8', '1', 'x86_64'],
        ['zsh', '', '', '', ''],
      ],
    ],
  ],
  [
    'packages.install',
    { packages: [{ name: 'zsh' }] },
    'packages.update',
    [[['zsh', '', '', '', '']]],
  ],
  [
    'packages.remove',
    { packages: [{ name: 'zsh', arch: 'noarch' }] },
    'packages.remove',
    [[['zsh', '', '', '', 'noarch']]],
  ],
  [
    'packages.verify',
    { packages: [build] },
    'packages.verify',
    [[['bash', '5.1', '2.el8', '', 'x86_64']]],
  ],
  [
    'packages.runTransaction',
    { install: [bash], erase: [{ ...bash, name: 'zsh' }] },
    'packages.runTransaction',
    [
      {
        packages: [
          [['zsh', '5.1', '2.el8', '', 'x86_64'], 'e'],
          [['bash', '5.1', '2.el8', '', 'x86_64'], 'i'],
        ],
      },
    ],
  ],
  ['packages.fullUpdate', {}, 'packages.fullUpdate', []],
  ['packages.refresh_list', {}, 'packages.refresh_list', []],
  ['hardware.refresh_list', {}, 'hardware.refresh_list', []],
  ['reboot.reboot', {}, 'reboot.reboot', []],
] as const)('%s with %j', async (kind, params, method, called) => {
  const { actions, one } = await createActing();
  const [{ id } = { id: 0 }] = await actions.create([one.id], { kind, params }, 'admin');
  expect(await actions.next(one)).toEqual({ id, kind: method, params: called });
});

it.each([
  ['packages.update', { packages: [] }],
  ['packages.update', { packages: [{ name: 'bash', version: '5.1', release: '2' }] }],
  ['packages.update', { packages: [{ name: 'bash', version: '5.1', arch: 'x86_64' }] }],
  ['packages.update', { packages: [{ name: 'bash', epoch: '1' }] }],
  ['packages.update', { packages: [{ name: '-rf' }] }],
  ['packages.update', { packages: [{ name: 'a b' }] }],
  ['packages.update', { packages: [{ name: 'bash', colour: 'red' }] }],
  ['packages.update', 'bash'],
  ['packages.verify', { packages: [{ name: 'bash' }] }],
  ['packages.runTransaction', {}],
  ['packages.runTransaction', { install: [{ name: 'bash' }] }],
  ['errata.update', { advisories: [] }],
  ['errata.update', { advisories: ['a b'] }],
  ['script.run', { script: 'echo no interpreter' }],
  ['script.run', { script: '#!/bin/sh\n\u0001' }],
  ['script.run', { script: `#!/bin/sh\n${'x'.repeat(300_000)}` }],
  ['script.run', { script: '#!/bin/sh\n', user: 'a b' }],
  ['script.run', { script: '#!/bin/sh\n', timeout: 0 }],
  ['configfiles.deploy', {}],
  ['toString', {}],
])('%s with %j is refused', async (kind, params) => {
  const { actions, one } = await createActing();
  const request = { kind, params };
  await expect(actions.create([one.id], request, 'admin')).rejects.toMatchObject({ kind: 'usage' });
  expect(await actions.list(one.id, 10)).toEqual([]);
});

it.each([
  [{ earliestAt: 'soon' }],
  [{ expiresAt: '2026-11-22T11:00:00Z' }],
  [{ earliestAt: '2026-11-22T14:00:00Z', expiresAt: '2026-11-22T13:00:00Z' }],
])('With the times %j it is refused', async (times) => {
  const { actions, one } = await createActing();
  const request = { ...update({ name: 'bash' }), ...times };
  await expect(actions.create([one.id], request, 'admin')).rejects.toMatchObject({ kind: 'usage' });
});

it('All instances that are named get the action, or none does', async () => {
  const { actions, one, two, noted } = await createActing();
  const made = await actions.create([one.id, two.id, one.id], update({ name: 'bash' }), 'user:ann');
  expect(made.map((a) => [a.instance, a.createdBy])).toEqual([
    [one.id, 'user:ann'],
    [two.id, 'user:ann'],
  ]);
  expect(noted).toEqual(made.map((a) => `action.created ${a.id}`));
  await expect(
    actions.create([one.id, 17], update({ name: 'bash' }), 'user:ann'),
  ).rejects.toMatchObject({ kind: 'not_found', message: 'there is no instance 17' });
  const script = { kind: 'script.run', params: { script: '#!/bin/sh\n' } };
  await expect(actions.create([one.id, two.id], script, 'user:ann')).rejects.toMatchObject({
    kind: 'conflict',
    message: `two (${two.id}) cannot do that: it did not announce script.run`,
    hint: expect.stringContaining('rhncfg-actions'),
  });
  expect(await actions.list(one.id, 10)).toHaveLength(1);
});

it('Many instances get theirs, each its own, unless that is too much', async () => {
  const { actions, addInstances } = await createActing();
  const ids = await addInstances(1200);
  const made = await actions.create(ids, update({ name: 'bash' }), 'user:ann');
  expect(made.map((a) => a.instance)).toEqual(ids);
  expect(new Set(made.map((a) => a.id)).size).toBe(1200);
  expect(await actions.length({ id: ids.at(-1)! })).toBe(1);
  const script = { script: `#!/bin/sh\n${'x'.repeat(100_000)}` };
  await expect(
    actions.create(ids, { kind: 'script.run', params: script }, 'user:ann'),
  ).rejects.toMatchObject({ kind: 'limit' });
});

it('An action waits only for one of the same instance', async () => {
  const { actions, one, two } = await createActing();
  const [a] = await actions.create([one.id], update({ name: 'bash' }), 'admin');
  const request = { ...update({ name: 'zsh' }), after: a!.id };
  await expect(actions.create([two.id], request, 'admin')).rejects.toMatchObject({ kind: 'usage' });
  await expect(actions.create([one.id], { ...request, after: 99 }, 'admin')).rejects.toMatchObject({
    kind: 'not_found',
  });
});

it('A script gets its id and the time at which it is handed out', async () => {
  const { actions, one, time } = await createActing();
  const script = '#!/bin/sh\nexit 3\n';
  const request = { kind: 'script.run', params: { script, user: 'ann', timeout: null } };
  const [a] = await actions.create([one.id], request, 'admin');
  time.now += 61_000;
  expect(await actions.next(one)).toEqual({
    id: a!.id,
    kind: 'script.run',
    params: [
      a!.id,
      { username: 'ann', groupname: 'root', timeout: '', script, now: '2026-11-22 12:01:01' },
    ],
  });
});

it('A script is not handed out to an instance that announces it no more', async () => {
  const { actions, one } = await createActing();
  const request = { kind: 'script.run', params: { script: '#!/bin/sh\n' } };
  const [a] = await actions.create([one.id], request, 'admin');
  expect(await actions.next({ ...one, capabilities: 'script.running(1)=1' })).toBeUndefined();
  expect(await actions.show(a!.id)).toMatchObject({
    state: 'failed',
    message: 'it did not announce script.run',
    tries: 0,
  });
});

it('Of advisories those are handed out that the sources have, by their numbers', async () => {
  const { actions, one, shipped } = await createActing();
  shipped.set('ELSA-1', [build]);
  const ids = ['ELSA-2', 'ELSA-1'];
  const request = { kind: 'errata.update', params: { advisories: ids } };
  const [a] = await actions.create([one.id], request, 'admin');
  const first = await actions.next(one);
  expect(first).toEqual({ id: a!.id, kind: 'errata.update', params: [[expect.any(Number)]] });
  await actions.submit(one, a!.id, { status: 39, message: 'none applicable', data: {} });
  expect(await actions.show(a!.id)).toMatchObject({
    state: 'completed',
    status: 39,
    result: { leftOut: ['ELSA-2'] },
  });
  shipped.set('ELSA-2', [build]);
  await actions.create([one.id], request, 'admin');
  const numbers = (await actions.next(one))!.params[0] as number[];
  expect(numbers).toHaveLength(2);
  expect(numbers[1]).toBe((first!.params[0] as number[])[0]);
});

it('An update of advisories that no source has fails here, and the next action is handed out', async () => {
  const { actions, one } = await createActing();
  const request = { kind: 'errata.update', params: { advisories: ['ELSA-1', 'ELSA-2'] } };
  const [a] = await actions.create([one.id], request, 'admin');
  const [b] = await actions.create([one.id], update({ name: 'bash' }), 'admin');
  expect((await actions.next(one))?.id).toBe(b!.id);
  expect(await actions.show(a!.id)).toMatchObject({
    state: 'failed',
    message: 'none of its sources has a package of ELSA-1, ELSA-2',
  });
});

it('Status 39 completes updates of advisories only', async () => {
  const { actions, one } = await createActing();
  const [a] = await actions.create([one.id], update({ name: 'bash' }), 'admin');
  await actions.next(one);
  await actions.submit(one, a!.id, { ...done, status: 39 });
  expect((await actions.show(a!.id)).state).toBe('failed');
});

it('What is due soon may be fetched ahead, and is not marked', async () => {
  const { actions, one, time } = await createActing();
  const at = (hours: number) => ({
    earliestAt: new Date(time.now + hours * 3_600_000).toISOString(),
  });
  const [soon] = await actions.create([one.id], { ...update(bash), ...at(2) }, 'admin');
  await actions.create([one.id], { ...update(bash), ...at(30) }, 'admin');
  await actions.create([one.id], { kind: 'reboot.reboot', params: {}, ...at(2) }, 'admin');
  await actions.create(
    [one.id],
    { kind: 'errata.update', params: { advisories: ['ELSA-1'] }, ...at(1) },
    'admin',
  );
  expect(await actions.future(one, 24)).toEqual([
    {
      id: soon!.id,
      kind: 'packages.update',
      params: [[['bash', '5.1', '2.el8', '', 'x86_64']]],
    },
  ]);
  expect(await actions.future(one, Number.NaN)).toEqual([]);
  expect(await actions.show(soon!.id)).toMatchObject({ state: 'queued', tries: 0 });
});

it('What cannot be looked up now is held back, and does not keep the rest from being handed out', async () => {
  const { actions, one, shipped } = await createActing();
  const request = { kind: 'errata.update', params: { advisories: ['ELSA-1'] } };
  const [a] = await actions.create([one.id], request, 'admin');
  const [b] = await actions.create([one.id], update({ name: 'bash' }), 'admin');
  const get = shipped.get.bind(shipped);
  shipped.get = () => {
    throw new AppError('conflict', 'the catalogue was made again meanwhile');
  };
  expect((await actions.next(one))?.id).toBe(b!.id);
  await actions.submit(one, b!.id, done);
  expect(await actions.next(one)).toBeUndefined();
  expect(await actions.future(one, 24)).toEqual([]);
  expect(await actions.show(a!.id)).toMatchObject({
    state: 'queued',
    message: 'not handed out yet: the catalogue was made again meanwhile',
    tries: 0,
  });
  shipped.get = get;
  shipped.set('ELSA-1', [build]);
  expect((await actions.next(one))?.id).toBe(a!.id);
  expect((await actions.show(a!.id)).message).toBeNull();
});
