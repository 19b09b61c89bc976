import { expect, it } from 'vitest';
import { operationTypeOf, parseWork, saidOfWork } from '../../src/fleet/run-work.ts';

const script = '#!/bin/sh\ntrue\n';

it.each([
  [{ kind: 'install', packages: ['tmux', 'vim'] }, 'install tmux, vim', 'INSTALL'],
  [{ kind: 'update', packages: ['a', 'b', 'c', 'd', 'e'] }, 'update a, b, c and 2 more', 'UPDATE'],
  [{ kind: 'remove', packages: ['tmux.x86_64'] }, 'remove tmux.x86_64', 'REMOVE'],
  [{ kind: 'updateAll', kinds: 'all' }, 'install all updates', 'UPDATEALL'],
  [{ kind: 'updateAll', kinds: ['security'] }, 'install all updates (security)', 'UPDATEALL'],
  [{ kind: 'reboot' }, 'reboot', 'REBOOT'],
  [{ kind: 'script', script, timeoutSeconds: null }, 'run a script', 'SCRIPT'],
  [
    { kind: 'modules', switch: [{ module: 'php', stream: '8.2' }] },
    'change modules: switch php:8.2',
    'SWITCHMODULESTREAM',
  ],
  [
    {
      kind: 'modules',
      enable: [{ module: 'php' }],
      install: [{ module: 'php', profile: 'common' }],
    },
    'change modules: enable php, install php/common',
    'COMPOUND',
  ],
  [
    { kind: 'steps', steps: [{ kind: 'updateAll', kinds: 'all' }, { kind: 'reboot' }] },
    'install all updates, then reboot',
    'COMPOUND',
  ],
])('takes %j', (value, said, type) => {
  const work = parseWork(value);
  expect(work).toEqual(value);
  expect(saidOfWork(work)).toBe(said);
  expect(operationTypeOf(work)).toBe(type);
});

it.each([
  [null, /what is to be done/],
  [{ kind: 'upgrade' }, /kind/],
  [{ kind: 'install', packages: [] }, /packages/],
  [{ kind: 'install', packages: ['$(reboot)'] }, /packages\.0: is no package/],
  [{ kind: 'install', packages: ['-y'] }, /packages\.0: is no package/],
  [{ kind: 'install', packages: ['tmux'], force: true }, /force/],
  [{ kind: 'updateAll', kinds: [] }, /kinds/],
  [{ kind: 'updateAll', kinds: ['urgent'] }, /kinds/],
  [{ kind: 'script', script: 'reboot' }, /script: does not say in its first line/],
  [{ kind: 'script', script, user: 'a b' }, /user: is no name/],
  [{ kind: 'modules' }, /nothing is said of what to do with which module/],
  [{ kind: 'modules', enable: [{ module: "php'; reboot; '" }] }, /module: is no name of a module/],
  [{ kind: 'modules', enable: [{ module: 'php', stream: '$x' }] }, /stream: is no name/],
  [{ kind: 'modules', switch: [{ module: 'php' }] }, /stream/],
  [{ kind: 'steps', steps: [] }, /steps/],
  [{ kind: 'steps', steps: [{ kind: 'steps', steps: [{ kind: 'reboot' }] }] }, /kind/],
  [
    {
      kind: 'steps',
      steps: [
        { kind: 'install', packages: ['tmux'] },
        { kind: 'remove', packages: ['tmux.x86_64'] },
      ],
    },
    /tmux cannot be installed and removed by the same work/,
  ],
])('refuses %j', (value, message) => {
  expect(() => parseWork(value)).toThrow(message);
});
