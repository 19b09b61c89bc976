import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFleet } from '../fleet/fleet.ts';
import { createPlace, execute, type Place, plainEnvironment, program, until } from './headwater.ts';

const environment = ({ folder, file }: Place): NodeJS.ProcessEnv => ({
  ...plainEnvironment(),
  HEADWATER_CONFIG: file,
  HEADWATER_DATA: join(folder, 'data'),
});

/** Runs a command with a text on its standard input. */
const given = (place: Place, text: string, command: string) =>
  execute('sh', ['-c', `printf '%s' "$TEXT" | ${program} ${command}`], {
    cwd: place.folder,
    env: { ...environment(place), TEXT: text },
  });

async function isPassword(place: Place, name: string, password: string): Promise<boolean> {
  const fleet = await openFleet({}, join(place.folder, 'data'));
  const checked = await fleet.users.check(name, password).catch(() => undefined);
  await fleet.close();
  return checked === name;
}

it('Users are added with a password on standard input, changed, listed and removed', async () => {
  const place = await createPlace('');
  const added = await given(place, 'correct horse\r\nand more', 'user add ada --password-stdin');
  expect(added).toMatchObject({ code: 0, stdout: 'added ada\n' });
  expect(await isPassword(place, 'ada', 'correct horse')).toBe(true);
  await given(place, 'another horse', 'user password ada --password-stdin');
  expect(await isPassword(place, 'ada', 'correct horse')).toBe(false);
  expect(await isPassword(place, 'ada', 'another horse')).toBe(true);
  expect((await place.run('user', 'list')).stdout).toMatch(/^ada /m);
  expect((await given(place, 'short', 'user add bob --password-stdin')).stderr).toContain(
    '8 to 1024 characters',
  );
  const nowhere = await place.run('user', 'add', 'bob');
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-stdin') });
  expect((await place.run('user', 'remove', 'ada')).code).toBe(0);
  expect((await place.json('user', 'list')).value).toEqual([]);
});

const hasScript = spawnSync('script', ['--version']).status === 0;

/** Types lines, each when it is asked for, at a terminal; gives what that showed. */
async function atTerminal(place: Place, command: string, lines: string[]): Promise<string> {
  const child = spawn('script', ['-qec', `${program} ${command}`, '/dev/null'], {
    cwd: place.folder,
    env: environment(place),
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (shown += text));
  const ended = once(child, 'close');
  for (const [i, line] of lines.entries()) {
    await until(() => shown.split(/: (?=\r?\n|$)/).length > i + 1);
    child.stdin.write(line);
  }
  await ended;
  return shown;
}

it.skipIf(!hasScript)('A password that is typed is asked for twice and not shown', async () => {
  const place = await createPlace('');
  const typed = 'correct hörse';
  const shown = await atTerminal(place, 'user add ada', [`corrx\u007fect hörse\r`, `${typed}\r`]);
  expect(shown).toContain('added ada');
  expect(shown).not.toContain('horse');
  expect(shown).not.toContain('hörse');
  expect(await isPassword(place, 'ada', typed)).toBe(true);
  const differing = await atTerminal(place, 'user password ada', [
    'other horse\r',
    'otter horse\r',
  ]);
  expect(differing).toContain('the passwords are not the same');
  expect(await atTerminal(place, 'user password ada', ['other\u0003'])).toContain(
    'no password was given',
  );
  expect(await isPassword(place, 'ada', typed)).toBe(true);
});
