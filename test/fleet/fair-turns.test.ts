import { expect, it } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { createFairTurns } from '../../src/identity/fair-turns.ts';
import { openFleet } from './fleet.ts';

function slowTurns({ atATime = 1, mostWaiting = 10 } = {}) {
  const done: string[] = [];
  const inTurn = createFairTurns({ atATime, mostWaiting, tooMany: () => new Error('too many') });
  const ask = (address: string, identity: string) =>
    inTurn({ address, identity }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(`${address} ${identity}`);
    });
  return { done, ask };
}

it('Who asks for much waits for themselves: another address, and another identity there, go first', async () => {
  const { done, ask } = slowTurns();
  const flood = [1, 2, 3, 4, 5].map(() => ask('a', 'x'));
  await Promise.all([...flood, ask('b', 'x'), ask('a', 'y')]);
  expect(done).toEqual(['a x', 'b x', 'a y', 'a x', 'a x', 'a x', 'a x']);
});

it('Of too many, the one that would be last is given up', async () => {
  const { done, ask } = slowTurns({ mostWaiting: 3 });
  const flood = Promise.allSettled([1, 2, 3, 4, 5].map(() => ask('a', 'x')));
  const others = [ask('b', 'x'), ask('c', 'x')];
  await Promise.all(others);
  expect((await flood).map((r) => r.status).toSorted()).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
  ]);
  expect(done).toEqual(['a x', 'b x', 'c x', 'a x']);
});

it('What throws ends its turn', async () => {
  const inTurn = createFairTurns({ atATime: 1, mostWaiting: 5, tooMany: () => new Error() });
  const by = { address: 'a', identity: 'x' };
  const bad = inTurn(by, () => Promise.reject(new Error('bad')));
  expect(await inTurn(by, async () => 'good')).toBe('good');
  await expect(bad).rejects.toThrow('bad');
});

it('A right password is found right at once while many wrong ones are tried from elsewhere', async () => {
  const { users } = await openFleet();
  await users.add('ada', 'first password', { by: 'root' });
  const flood = [...Array(150).keys()].map((i) =>
    users.check(`user${i}`, 'wrong password', '192.0.2.1').catch(refusalOf),
  );
  let over = 0;
  for (const guess of flood) void guess.then(() => over++);
  expect(await users.check('ada', 'first password', '192.0.2.2')).toBe('ada');
  // Besides those that were too many.
  expect(over).toBeLessThan(60);
  await Promise.all(flood);
}, 30_000);
