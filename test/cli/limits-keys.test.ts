import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Limits } from '../../src/base/limits.ts';
import { bytes, milliseconds } from '../../src/base/units.ts';
import { loadConfig } from '../../src/cli/config.ts';
import { defaultLimits, limitsSchema } from '../../src/cli/limits-section.ts';
import { projectRoot } from '../support/tools.ts';
import { createPlace, fixture, until } from './headwater.ts';
import { written } from './written.ts';

const keys = Object.keys(limitsSchema.shape);
const camel = (key: string) =>
  key.replace(/_(.)/g, (_, c: string) => c.toUpperCase()) as keyof Limits;

it('Every limit of the program has its key', () => {
  expect(keys.map(camel).sort()).toEqual(Object.keys(defaultLimits).sort());
});

it('A size, a time or a count is taken for what the key means', async () => {
  const { file } = await written(`
limits:
  primary: 10m
  bandwidth: 1.5MB
  element: 2KiB
  stall_time: 10m
  rest_time: 2h
  redirects: 0
  packages: 7
`);
  expect(loadConfig({ config: file }, {}).limits).toEqual({
    ...defaultLimits,
    primary: 10_000_000,
    bandwidth: 1_500_000,
    element: 2048,
    stallTime: 600_000,
    restTime: 7_200_000,
    redirects: 0,
    packages: 7,
  });
});

it.each([
  ['primary', '0B', 'found "0B", allowed is a size'],
  ['primary', '60s', 'found "60s", allowed is a size'],
  ['primary', '100', 'found 100, allowed is a string'],
  ['bandwidth', 'none', 'found "none", allowed is a size'],
  ['stall_time', '0s', 'found "0s", allowed is a duration'],
  [
    'stall_time',
    '25d',
    'found "25d", allowed is a duration such as 90s, 30m, 6h or 2d, at most 24d',
  ],
  ['stall_time', '4GiB', 'found "4GiB", allowed is a duration'],
  ['packages', '0', 'found 0, allowed is a whole number, at least 1'],
  ['packages', '1.5', 'found 1.5'],
  ['redirects', '-1', 'found -1, allowed is a whole number, 0 or more'],
  ['tries', 'many', 'found "many"'],
  [
    'colour',
    'blue',
    'found the key "colour", allowed are small_document, documents, primary, filelists',
  ],
])('limits.%s: %s is refused, with the line and what is allowed', async (key, value, says) => {
  const { file } = await written(`data: x\nlimits:\n  ${key}: ${value}\n`);
  expect(() => loadConfig({ config: file }, {})).toThrow(
    expect.objectContaining({
      kind: 'config',
      message: expect.stringContaining(`${file}:3: limits.${key}: ${says}`),
    }),
  );
});

it.each([
  '{ username: u }',
  '{ username: u, password_file: a, password_env: B }',
  '{ username: u, value_file: a }',
  '{ header: X-Key, password_env: A }',
  '{ header: X-Key, value_file: a, username: u }',
  '{ header: Host, value_file: a }',
  '{ header: "X Key", value_file: a }',
  '{ header: If-Range, value_file: a }',
  '{ header: X-Key, value_env: "A B" }',
  '{ header: X-Key, value: hush }',
  '{ header: X-Key, value_env: hush=x }',
  'hush',
])('auth: %s is refused without being shown', async (auth) => {
  const { file } = await written(
    `sources:\n  - label: a\n    upstream: https://h/\n    auth: ${auth}\n`,
  );
  expect(() => loadConfig({ config: file }, {})).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/:4: sources\.0\.auth/) }),
  );
  expect(() => loadConfig({ config: file }, {})).not.toThrow(/hush/);
});

it('docs/configuration.md has every limit with its default', async () => {
  const text = await readFile(join(projectRoot, 'docs/configuration.md'), 'utf8');
  const section = text.slice(text.indexOf('\n## Limits\n'), text.indexOf('\n## Oracle Linux\n'));
  const told: Record<string, number> = {};
  for (const line of section.split('\n').filter((l) => l.startsWith('| `'))) {
    const [, names = '', value = ''] = line.split('|').map((cell) => cell.trim());
    const plain = value.replaceAll('`', '');
    const read =
      value === 'none' ? Number.POSITIVE_INFINITY : (milliseconds(plain) ?? bytes(plain)!);
    for (const [, name] of names.matchAll(/`(\w+)`/g)) told[camel(name!)] = read;
  }
  expect(told).toEqual(defaultLimits);
});

it('SIGHUP changes the limits of a running server, and takes a key that is gone back to its default', async () => {
  const sources = `sources:\n  - { label: a, upstream: "${fixture('ol8')}" }\n`;
  const place = await createPlace(sources);
  const server = await place.serve();
  const reload = async (text: string) => {
    const told = () => server.logged().filter((l) => l.msg === 'configuration reloaded').length;
    const before = told();
    await place.write(text);
    process.kill(server.pid, 'SIGHUP');
    await until(() => told() > before);
  };
  await reload(`limits: { packages: 2 }\n${sources}`);
  const refused = await place.run('sync', 'a');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('has more than 2 packages');
  await reload(sources);
  expect((await place.run('sync', 'a')).code).toBe(0);
});
