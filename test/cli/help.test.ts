import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** The command as it is typed. */
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

const every = (command: Command): Command[] => [command, ...command.commands.flatMap(every)];
const named = every(createProgram())
  .filter((c) => c.commands.length === 0 || !c.parent)
  .map((c): [string, Command] => [c.name(), c]);

it('There are the commands that the documentation names', () => {
  expect(named.map(([name]) => name)).toEqual([
    'headwater',
    'serve',
    'sync',
    'list',
    'show',
    'add',
    'filter',
    ...['list', 'add', 'remove'],
    'remove',
    'pause',
    'resume',
    'set-url',
    'verify',
    'check',
    'create',
    'list',
    'remove',
    'promote',
    'rollback',
    'history',
    'rebuild',
    'init',
    'list',
    'rotate',
    'retire',
    'export',
    ...['create', 'revoke'],
    ...['list', 'show', 'set', 'credential', 'attach', 'detach', 'remove', 'filter', 'certificate'],
    ...['updates', 'installable', 'advisories'],
    ...['run', 'actions'],
    ...['create', 'set', 'list', 'show', 'remove', 'add', 'drop', 'filter'],
    ...['show', 'cancel'],
    ...['create', 'change', 'list', 'upcoming'],
    ...['show', 'remove', 'run', 'skip', 'pause', 'resume'],
    ...['list', 'show', 'cve', 'fleet'],
    'audit',
    ...['add', 'list', 'remove'],
    ...['add', 'list', 'remove', 'password'],
    ...['create', 'list', 'remove', 'add', 'drop'],
    ...['create', 'list', 'describe', 'rename', 'remove'],
    ...['create', 'list', 'rule', 'remove'],
    ...['create', 'list', 'show', 'set', 'remove', 'test'],
    ...['create', 'list', 'revoke', 'rotate'],
    ...['add', 'list', 'show', 'test', 'remove'],
    'diff',
    'gc',
    'doctor',
  ]);
});

it.each(named)('The help of %s has an example of it', (name, command) => {
  const example = pathOf(command);
  const [, examples] = helpOf(command).split(/^Examples?:$/m);
  expect(examples).toBeDefined();
  expect(examples).toContain(name === 'headwater' ? 'headwater serve' : example);
});

it.each(named)('The help of %s explains every option', (_, command) => {
  expect(command.description()).not.toBe('');
  for (const option of command.options) expect(option.description, option.flags).not.toBe('');
});

it('Examples name only options that there are', () => {
  for (const [name, command] of named) {
    const used =
      helpOf(command)
        .split(/^Examples?:$/m)[1]!
        .match(/--[a-z-]+/g) ?? [];
    const known = new Set(every(command).flatMap((c) => c.options.map((o) => o.long)));
    for (const option of used) expect(known, `${name} ${option}`).toContain(option);
  }
});
