import { userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { createPlace, fixture, until } from './headwater.ts';

const config = `sources:
  - { label: ol9, upstream: "${fixture('ol9')}" }
  - { label: test, follows: ol9 }
  - { label: prod, follows: test, at: q4, fetch: false }
  - label: safe
    from: [ol9]
    filters: [{ packages: { exclude: [weir, sluice] }, advisories: { include: [{ type: [security], severity: [Critical] }] } }]
    strict: true
`;

const user = userInfo().username;

it.each(['with a server', 'without a server'])(
  'Snapshots and stages %s',
  async (how) => {
    const place = await createPlace(config);
    if (how === 'with a server') await place.serve();
    expect((await place.run('sync', '--all')).code).toBe(0);

    const made = await place.run('snapshot', 'create', 'ol9', 'begin');
    expect(made.stdout).toMatch(/^ol9@begin is revision 1 of .*, 8 packages\n {2}not held: 8 of/);
    expect((await place.run('snapshot', 'create', 'ol9', 'begin')).code).not.toBe(0);
    const wrong = await place.run('snapshot', 'create', 'ol9', '17');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('reads as a number')]);

    const promoted = await place.run('promote', 'test', '--to', 'begin');
    expect(promoted.stderr).toContain('test: fetching packages');
    expect(promoted.stdout).toMatch(/^test offers ol9@1 now, as its revision 1\n {2}fetched: 8 /);
    const again = await place.json('promote', 'test');
    expect(again.value).toMatchObject({ changed: false, to: { label: 'ol9', revision: 1 } });
    const rollback = await place.run('rollback', 'test');
    expect([rollback.code, rollback.stderr]).toEqual([1, expect.stringContaining('no move left')]);

    const fetched = await place.json('snapshot', 'create', 'ol9', 'end', '--at', '1', '--fetch');
    expect(fetched.value).toMatchObject({ name: 'end', revision: 1, notHeld: 0, createdBy: user });
    const list = (await place.run('snapshot', 'list', 'ol9')).stdout.trimEnd().split('\n');
    expect(list.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['SOURCE', 'NAME'],
      ['ol9', 'end'],
      ['ol9', 'begin'],
    ]);

    // The stage that is configured with a snapshot takes it up when it is made.
    expect((await place.run('snapshot', 'create', 'test', 'q4')).code).toBe(0);
    const list2 = () => place.json<{ label: string; revision: number | null }[]>('source', 'list');
    await until(async () => (await list2()).value.find((s) => s.label === 'prod')?.revision === 1);
    const removed = await place.run('snapshot', 'remove', 'test', 'q4');
    expect(removed.stdout).toContain('stage prod names it in `at`');

    const { stdout } = await place.run('history', 'prod');
    const [heads, first, , moves, move] = stdout.trimEnd().split('\n');
    expect(heads).toMatch(/^REVISION +PUBLISHED +BY +OF +PACKAGES/);
    expect(first).toMatch(/^1 .* configured \(configuration\) +test@1 +8 /);
    expect(moves).toMatch(/^MOVED +BY +HOW +FROM +TO +REVISION$/);
    expect(move).toMatch(/configuration +configured +- +test@1 +1$/);
    const history = await place.json('history', 'test');
    expect(history.value).toMatchObject({ moves: [{ kind: 'promote', by: user }] });
  },
  240_000,
);

it('Lists and descriptions say what views and stages are made of', async () => {
  const place = await createPlace(config);
  const server = await place.serve();
  expect((await place.run('sync', '--all')).code).toBe(0);
  expect((await place.run('promote', 'test', '--no-fetch')).code).toBe(0);
  const list = (await place.run('source', 'list')).stdout;
  expect(list).toMatch(/^test +- +1 +8 +- +stage of ol9@1 +file$/m);
  expect(list).toMatch(/^prod +- +- +- +- +stage of test(?:, not current)? +file$/m);

  const test = (await place.run('source', 'show', 'test')).stdout;
  expect(test).toMatch(/^ {2}follows +ol9$/m);
  expect(test).toMatch(/^ {2}offers +ol9@1$/m);
  expect(test).toMatch(/^ {2}revision +1 of [-\d]+ [:\d]+$/m);
  expect(test).toMatch(new RegExp(`^ {2}channel +${server.url}/channels/test/$`, 'm'));
  const prod = (await place.run('source', 'show', 'prod')).stdout;
  expect(prod).toMatch(/^ {2}offers +nothing yet$/m);
  expect(prod).toMatch(/^ {2}at first +q4$/m);
  expect(prod).toMatch(/^ {2}not current +source test has no snapshot q4/m);
  const safe = (await place.run('source', 'show', 'safe')).stdout;
  expect(safe).toMatch(/^ {2}made from +ol9$/m);
  expect(safe).toMatch(/^ {2}filters +no packages weir, sluice$/m);
  expect(safe).toMatch(/^ {16}only advisories \(of type security, of severity Critical\)$/m);
  const { value } = await place.json('source', 'show', 'safe');
  expect(value).toMatchObject({
    kind: 'view',
    made: { from: ['ol9'], strict: true, filters: { packages: { exclude: ['weir', 'sluice'] } } },
  });
});
