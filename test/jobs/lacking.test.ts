import { expect, it } from 'vitest';
import { createScene, pkg } from '../updates/scene.ts';

it('A job for those that lack security updates leaves the others alone, and those that were fixed since', async () => {
  const { app, instance, install } = await createScene({
    base: {
      packages: ['tool-1-1.noarch', 'tool-2-1.noarch'].map((nevra) => pkg(nevra)),
      advisories: [{ id: 'ELSA-1', packages: ['tool-2-1.noarch'] }],
    },
  });
  const { operations } = app;
  const old = await instance(['tool-1-1.noarch'], ['base']);
  await instance(['tool-2-1.noarch'], ['base']);
  await instance([], ['base']);
  const job = await operations.createJob({
    ...{ name: 'fix', by: 'test', schedule: { now: true } },
    work: { kind: 'updateAll', kinds: ['security'] },
    targets: { search: { hasUpdates: 'security' } },
  });
  expect(job.instances).toBe(1);
  const [run] = job.runs;
  const children = await app.managed.runs.children(run!.id, { limit: 10 });
  expect(children.map((child) => [child.instance, child.outcome])).toEqual([[old, 'queued']]);
  expect(await operations.listJobs({ instance: old })).toHaveLength(1);
  await install(old, ['tool-2-1.noarch']);
  expect(await operations.showJob(job.id)).toMatchObject({ instances: 0 });
  expect(await operations.listJobs({ instance: old })).toEqual([]);
});
