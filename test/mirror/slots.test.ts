import { expect, it, onTestFinished } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { createSlots } from '../../src/mirror/slots.ts';
import { startApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository } from './repository.ts';

function limited(downloads: number, downloadsPerHost: number) {
  Object.assign(limits, { downloads, downloadsPerHost });
  onTestFinished(() => void Object.assign(limits, defaultLimits));
  const { take } = createSlots();
  const got: string[] = [];
  const leave = new Map<string, () => void>();
  /** Asks for a place under a name; says so in `got` when there is one. */
  const ask = (name: string, host: string, urgent = false, signal?: AbortSignal) =>
    take(host, { urgent, signal }).then((done) => {
      got.push(name);
      leave.set(name, done);
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { ask, got, leave, settle };
}

it('keeps a quarter of the places for what a client waits for', async () => {
  const { ask, got, settle } = limited(8, 4);
  for (const host of ['x', 'y', 'z']) for (const n of [1, 2, 3, 4]) void ask(host + n, host);
  await settle();
  expect(got).toEqual(['x1', 'x2', 'x3', 'y1', 'y2', 'y3']);
  for (const n of [1, 2, 3]) void ask(`urgent${n}`, 'x', true);
  await settle();
  // One more to that host, which has four then; the last place is for another.
  expect(got.slice(6)).toEqual(['urgent1']);
  void ask('urgent4', 'z', true);
  await settle();
  expect(got.slice(7)).toEqual(['urgent4']);
});

it('gives a place that comes free to a client first, and to what nobody waits for in the end', async () => {
  const { ask, got, leave, settle } = limited(1, 1);
  await ask('first', 'x');
  for (const n of [1, 2, 3, 4, 5]) void ask(`bulk${n}`, 'x');
  for (const n of [1, 2, 3, 4, 5]) void ask(`urgent${n}`, 'y', true);
  for (let i = 0; i < 10; i++) {
    leave.get(got.at(-1)!)!();
    await settle();
  }
  expect(got).toEqual([
    ...['first', 'urgent1', 'urgent2', 'urgent3', 'bulk1', 'urgent4', 'urgent5'],
    ...['bulk2', 'bulk3', 'bulk4', 'bulk5'],
  ]);
});

it('forgets one that no longer wants its place, and counts one that is left twice once', async () => {
  const { ask, got, leave, settle } = limited(1, 1);
  await ask('first', 'x');
  const stop = new AbortController();
  const second = ask('second', 'x', false, stop.signal);
  const third = ask('third', 'x');
  const fourth = ask('fourth', 'x');
  stop.abort();
  await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(ask('late', 'x', false, stop.signal)).rejects.toMatchObject({ kind: 'cancelled' });
  leave.get('first')!();
  leave.get('first')!();
  await third;
  await settle();
  expect(got).toEqual(['first', 'third']);
  leave.get('third')!();
  await fourth;
});

it('a client’s package comes although a sync of many packages takes all the places that it may', async () => {
  const many = Array.from({ length: 10 }, (_, i) => invented(`brook${i}`));
  const { upstream } = await startRepository({ only: ['primary'], packages: many });
  const other = await startUpstream(upstream.folder);
  let held = 0;
  const gate = Promise.withResolvers<boolean>();
  const { sync, url } = await startApp(
    [
      { label: 'bulk', upstream: upstream.url, packages: 'immediate' },
      { label: 'client', upstream: upstream.url },
      { label: 'elsewhere', upstream: other.url },
    ],
    { limits: { ...defaultLimits, parallelFetches: 10, downloads: 5, downloadsPerHost: 4 } },
  );
  await sync('client');
  await sync('elsewhere');
  upstream.fault = (request) => {
    if (!/brook[0-8]/.test(request.url!)) return false;
    held++;
    return gate.promise;
  };
  const syncing = sync('bulk');
  await expect.poll(() => held, { timeout: 20_000 }).toBe(3);
  for (const label of ['client', 'elsewhere']) {
    const answer = await fetch(`${url}/channels/${label}/${many[9]!.href}`);
    expect(many[9]!.bytes.equals(await answer.bytes())).toBe(true);
  }
  expect(held).toBe(3);
  gate.resolve(false);
  expect(await syncing).toMatchObject({ outcome: 'updated', warnings: [] });
});
