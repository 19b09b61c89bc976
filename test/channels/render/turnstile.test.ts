import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createTurnstile } from '../../../src/channels/render/turnstile.ts';

it('Work in the background stops at its next step while somebody waits for other work', async () => {
  const turnstile = createTurnstile();
  const done: string[] = [];
  const background = turnstile.pass('b', true, async (gate) => {
    for (let i = 0; i < 4; i++) {
      await gate();
      done.push(`background ${i}`);
      await turn();
    }
  });
  await turn();
  await turn();
  const urgent = turnstile.pass('u', false, async () => {
    for (let i = 0; i < 20; i++) await turn();
    done.push('urgent');
  });
  await Promise.all([background, urgent]);
  expect(done.indexOf('urgent')).toBeLessThan(done.indexOf('background 3'));
  expect(done).toHaveLength(5);
});

it('What somebody waits for after all goes on', async () => {
  const turnstile = createTurnstile();
  const { promise: blocked, resolve: free } = Promise.withResolvers<void>();
  const urgent = turnstile.pass('u', false, () => blocked);
  const background = turnstile.pass('b', true, async () => 'made');
  for (let i = 0; i < 5; i++) await turn();
  turnstile.hurry('b');
  expect(await background).toBe('made');
  free();
  await urgent;
});

it('Work that fails holds up nobody', async () => {
  const turnstile = createTurnstile();
  const fail = async () => {
    throw new Error('no');
  };
  await expect(turnstile.pass('a', false, fail)).rejects.toThrow('no');
  await expect(turnstile.pass('b', true, fail)).rejects.toThrow('no');
  expect(await turnstile.pass('b', true, async () => 1)).toBe(1);
  expect(await turnstile.pass('a', false, async () => 2)).toBe(2);
});
