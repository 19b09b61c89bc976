import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';
import { createScene, ended, expectRecovery } from './scene.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
const kills = 24;

it(`a sync may be killed at any moment (CRASH_SEED=${seed})`, { timeout: 180_000 }, async () => {
  const random = randomFrom(seed);
  const scene = await createScene();
  const { first, second } = scene.revisions;
  const old = await scene.dataFolder();
  expect(await scene.sync(old)).toMatchObject({ code: 0 });
  scene.upstream.folder = second;
  const fresh = await scene.dataFolder();
  const started = performance.now();
  expect(await scene.sync(fresh)).toMatchObject({ code: 0 });
  const took = performance.now() - started;
  const next = await scene.dataFolder(old);
  expect(await scene.sync(next)).toMatchObject({ code: 0 });

  const slots = pLimit(2);
  const plans = Array.from({ length: kills }, (_, i) => ({
    isFirst: i % 2 === 0,
    delay: took * (0.1 + random()),
  }));
  const outcomes: string[] = [];
  const ends = await Promise.allSettled(
    plans.map(({ isFirst, delay }) =>
      slots(async () => {
        const data = await scene.dataFolder(isFirst ? undefined : old);
        const child = scene.startSync(data);
        setTimeout(() => child.kill('SIGKILL'), delay);
        outcomes.push(String((await ended(child))[1]));
        await expectRecovery(scene, data, {
          before: isFirst ? undefined : first,
          reference: isFirst ? fresh : next,
        }).catch((error) => {
          throw new Error(`CRASH_SEED=${seed}: after a kill at ${delay} ms`, { cause: error });
        });
      }),
    ),
  );
  expect(ends.filter((e) => e.status === 'rejected').map((e) => e.reason)).toEqual([]);
  expect(outcomes.filter((signal) => signal === 'SIGKILL').length).toBeGreaterThan(kills / 3);
  expect(await scene.leftovers()).toEqual([]);
});
