import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../support/tools.ts';
import { createPlace } from './headwater.ts';

/** What the examples of a page give to headwater, one after the other. */
async function commandsOf(page: string): Promise<string[][]> {
  const text = await readFile(join(projectRoot, 'docs', page), 'utf8');
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines
    .filter((line) => line.startsWith('    headwater '))
    .map((line) => [...line.replace(/\s# .*/, '').matchAll(/"([^"]*)"|(\S+)/g)])
    .map((words) => words.slice(1).map(([, quoted, plain]) => quoted ?? plain!));
}

/** These ask for a password, or are about what is to be there for them. */
const others = /^user (add (ada|bob)|password) |^audit /;

it('What the pages on identity and policies show can be done in that order', {
  timeout: 180_000,
}, async () => {
  const place = await createPlace('');
  for (const name of ['ada', 'bob']) await place.run('user', 'add', name, '--no-password');
  const all = [...(await commandsOf('identity.md')), ...(await commandsOf('policies.md'))];
  const tried = all.filter((words) => !others.test(`${words.join(' ')} `));
  expect(tried.length).toBeGreaterThan(18);
  for (const words of tried) {
    const { code, stderr } = await place.run(...words);
    expect([words.join(' '), code, stderr]).toEqual([words.join(' '), 0, expect.any(String)]);
  }
});
