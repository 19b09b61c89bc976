import { expect, it } from 'vitest';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { startApp } from '../support/app.ts';
import { invented, startRepository } from './repository.ts';

const packages = [1, 2, 3].map((n) => invented(`brook${n}`, '1', 200_000));

async function timed<T>(run: () => Promise<T>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

it('all transfers of a source share its bandwidth', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url } = await startApp([
    { label: 'slow', upstream: upstream.url, bandwidth: '300kB' },
  ]);
  await sync('slow');
  const get = (href: string) => fetch(`${url}/channels/slow/${href}`).then((r) => r.bytes());
  const slow = await timed(() => Promise.all(packages.map((p) => get(p.href))));
  expect(slow).toBeGreaterThan(600 / 300 - 0.3);
  expect(slow).toBeLessThan(30);
});

it('limits.bandwidth holds for sources that say nothing, and no slowness of ours counts as a stall', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const limits = { ...defaultLimits, bandwidth: 200_000, stallTime: 600 };
  const { sync } = await startApp(
    [{ label: 'plain', upstream: upstream.url, packages: 'immediate' }],
    { limits },
  );
  const slow = await timed(async () => {
    expect(await sync('plain')).toMatchObject({ outcome: 'updated', warnings: [] });
  });
  expect(slow).toBeGreaterThan(600 / 200 - 0.3);
  expect(slow).toBeLessThan(30);
});

it('a source with more bandwidth than the others has it', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync } = await startApp(
    [{ label: 'quick', upstream: upstream.url, packages: 'immediate', bandwidth: '1GB' }],
    { limits: { ...defaultLimits, bandwidth: 5_000 } },
  );
  const quick = await timed(async () => {
    expect(await sync('quick')).toMatchObject({ outcome: 'updated', warnings: [] });
  });
  expect(quick).toBeLessThan(25);
});
