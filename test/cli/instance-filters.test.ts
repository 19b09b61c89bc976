import { expect, it } from 'vitest';
import { enrol } from './enrol.ts';
import { createPlace, fixture } from './headwater.ts';

const sources = `sources:
  - { label: base, upstream: "${fixture('ol8')}", arch: x86_64, release: 8 }
`;

it('What an instance or a group sees of a source is set, listed and taken away', async () => {
  const place = await createPlace(sources);
  const key = (await place.run('key', 'create', '--name', 'k')).stdout.trim();
  const id = String(await enrol(place, key));
  await place.serve();
  expect((await place.run('sync', 'base')).code).toBe(0);
  await place.run('group', 'create', 'web');
  const filter = (...words: string[]) => place.run('instance', 'filter', ...words);
  const listed = async () => (await place.json<object[]>('instance', 'filter', `ID-${id}`)).value;

  const held = await filter(`ID-${id}`, 'base', '--hold-back', 'alpha*');
  expect(held.stdout).toMatch(new RegExp(`^instance ${id} sees base\\.[0-9a-f]{12} as base$`, 'm'));
  expect(await listed()).toMatchObject([
    { scope: 'instance', subject: id, label: 'base', under: 'parent' },
  ]);
  const own = await filter(id, 'base', '--security-only', '--own-label');
  expect(own.stdout).toMatch(/sees (base\.[0-9a-f]{12}) as \1$/m);
  expect(await listed()).toHaveLength(1);
  expect((await filter(id, 'base', '--none')).stdout).toContain('sees base as it is');
  expect(await listed()).toEqual([]);
  expect((await place.run('group', 'filter', 'web', 'base', '--at', '1')).stdout).toContain(
    'group web sees base@1 as base',
  );

  // Whether it has that from its own filters or from a group's.
  await place.run('instance', 'attach', id, 'base');
  await place.run('group', 'add', 'web', id);
  expect((await place.run('instance', 'show', id)).stdout).toMatch(
    /^sources: +base \(sees base@1\)$/m,
  );

  const refused = [
    [[id, 'base'], 'nothing is said of what is to be seen'],
    [[id, 'base', '--none', '--at', '1'], '--none goes with nothing else'],
    [[id, '--security-only'], 'of which source is not said'],
    [['web', 'base', '--none'], "web is no instance's id"],
    [['4711000000'], 'there is no instance 4711000000'],
    [['4711000000', 'base', '--none'], 'there is no instance 4711000000'],
  ] as const;
  for (const [words, reason] of refused) {
    const { code, stderr } = await filter(...words);
    expect([code !== 0, stderr]).toEqual([true, expect.stringContaining(reason)]);
  }
  expect((await place.run('group', 'filter', 'none')).stderr).toContain('there is no group none');
});
