import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import { syncSteps } from '../../src/base/steps.ts';
import { createScene, expectRecovery, type Scene } from './scene.ts';

/** Kills a sync at the first announcement of every step, and at the last if there is something before it, each on a copy of `from`. */
async function killEverywhere(
  scene: Scene,
  { from, before }: { from: string | undefined; before: string | undefined },
): Promise<void> {
  const reference = await scene.dataFolder(from);
  const whole = await scene.sync(reference);
  expect(whole).toMatchObject({ code: 0, signal: null });
  expect([...whole.steps.keys()].sort()).toEqual([...syncSteps].sort());

  const slots = pLimit(2);
  const kills = [...whole.steps].flatMap(([step, count]) =>
    [...new Set(before === undefined ? [1] : [1, count])].map((nth) => ({ step, nth })),
  );
  const ends = await Promise.allSettled(
    kills.map((kill) =>
      slots(async () => {
        const data = await scene.dataFolder(from);
        const end = await scene.sync(data, kill);
        expect({ kill, signal: end.signal }).toEqual({ kill, signal: 'SIGKILL' });
        await expectRecovery(scene, data, { before, reference }).catch((error) => {
          throw new Error(`after a kill at ${kill.step}, number ${kill.nth}`, { cause: error });
        });
      }),
    ),
  );
  expect(ends.filter((e) => e.status === 'rejected').map((e) => e.reason)).toEqual([]);
}

it('a first sync may be killed at every step', { timeout: 180_000 }, async () => {
  const scene = await createScene();
  await killEverywhere(scene, { from: undefined, before: undefined });
  expect(await scene.leftovers()).toEqual([]);
});

it('the sync of a second revision may be killed at every step', { timeout: 180_000 }, async () => {
  const scene = await createScene();
  const from = await scene.dataFolder();
  expect(await scene.sync(from)).toMatchObject({ code: 0 });
  scene.upstream.folder = scene.revisions.second;
  await killEverywhere(scene, { from, before: scene.revisions.first });
  expect(await scene.leftovers()).toEqual([]);
});
