import { expect, it } from 'vitest';
import { createUpdatesThread } from '../../src/updates/thread.ts';
import { createScene, pkg } from './scene.ts';

const packages = (...nevras: string[]) => ({ packages: nevras.map((n) => pkg(n)) });

it('A reboot is pending when something was installed that takes one, or an old kernel runs', async () => {
  const scene = await createScene({ base: packages('a-1-1.noarch') });
  const { managed, updates } = scene;
  const kernels = ['kernel-core-5.14-1.el9.x86_64', 'kernel-core-5.14-2.el9.x86_64'];
  const id = await scene.instance(['glibc-1-1.x86_64', ...kernels], ['base']);
  const pending = async (about: { kernel?: string; bootedAt?: Date }) => {
    const instance = await managed.instances.require(id);
    managed.instances.seen(instance, { address: '192.0.2.1', ...about });
    await managed.instances.flush();
    return (await updates.counts([id])).get(id)!.reboot;
  };
  expect(await pending({})).toBe(false);
  expect(await pending({ kernel: '5.14-1.el9.x86_64' })).toBe(true);
  expect(await pending({ kernel: '5.14-2.el9.x86_64' })).toBe(false);
  expect(await pending({ kernel: '6.0-own' })).toBe(false);
  const glibc = { name: 'glibc', epoch: '', version: '1', release: '2', arch: 'x86_64' };
  await managed.profiles.replace(id, [{ ...glibc, installedAt: 1_700_000_000 }]);
  expect(await pending({ bootedAt: new Date(1_600_000_000_000) })).toBe(true);
  expect((await updates.summary()).rebootsPending).toBe(1);
  expect(await pending({ bootedAt: new Date(1_800_000_000_000) })).toBe(false);
});

it('A catalogue that was made again, and a thread that ended, change no answer', async () => {
  const scene = await createScene({ base: packages('a-2-1.noarch', 'b-2-1.noarch') });
  const { updates } = scene;
  const ids = [
    await scene.instance(['a-1-1.noarch'], ['base']),
    await scene.instance(['b-1-1.noarch', 'a-2-1.noarch'], ['base']),
  ];
  const names = async () => {
    const all = await Promise.all(ids.map((id) => updates.of(id, 'now')));
    return all.map((list) => list.map((u) => u.name));
  };
  const expected = [['a'], ['b']];
  expect(await names()).toEqual(expected);
  await scene.app.operations.rebuildCatalogue(() => {});
  expect(await names()).toEqual(expected);
  expect([...(await updates.counts()).values()].map((c) => c.total)).toEqual([1, 1]);
  updates.changed('all');
  expect(await names()).toEqual(expected);
  await updates.close();
  expect(await names()).toEqual(expected);
  await updates.settled();
  await updates.close();
});

it('The thread ends when nobody asks, whatever changes meanwhile', async () => {
  const scene = await createScene({ base: packages('a-2-1.noarch') });
  let ended = 0;
  const thread = createUpdatesThread(
    { root: scene.config.data },
    { idle: 1500, onEnd: () => ended++ },
  );
  const delta = { ...{ number: 1, lists: [], goneLists: [] }, placed: [], dirty: [], gone: [] };
  await thread.ask({ op: 'counts', after: 1, delta });
  await expect(thread.ask({ op: 'settle', after: 2 })).rejects.toMatchObject({ kind: 'conflict' });
  while (thread.isThere()) {
    await thread.ask({ op: 'settle', after: 1 }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (ended > 0) break;
  }
  expect(ended).toBe(1);
  expect(thread.isThere()).toBe(false);
});

it('Questions of all kinds at once, while everything changes, are answered as of then or now', async () => {
  const scene = await createScene({ base: packages('a-2-1.noarch') });
  const { updates } = scene;
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      scene.instance([`a-${(i % 2) + 1}-1.noarch`], ['base'], { name: `m${i}` }),
    ),
  );
  const asking = ids.flatMap((id, i) => [
    updates.of(id, 'upstream'),
    updates.counts(i % 3 === 0 ? undefined : [id]),
    updates.summary(),
    scene.install(id, ['a-1-1.noarch']),
    i % 5 === 0 && updates.changed('all'),
  ]);
  const settingNonsense = scene.note(ids[3]!, { m: null, n: 7 });
  const publishing = scene.publish('base', packages('a-3-1.noarch'));
  await Promise.all([...asking, publishing, settingNonsense]);
  const counts = await updates.counts();
  expect(ids.map((id) => counts.get(id)!.total)).toEqual(ids.map(() => 1));
  expect((await updates.of(ids[0]!, 'now'))[0]!.available).toBe('3-1');
  await expect(updates.of(1, 'now')).rejects.toMatchObject({ kind: 'not_found' });
  expect(await updates.counts([1])).toEqual(new Map());
});

it('What a lens shows instead of a source is what counts', async () => {
  const scene = await createScene({ base: packages('a-2-1.noarch') });
  const id = await scene.instance(['a-1-1.noarch'], ['base']);
  const shown = async () =>
    (await scene.updates.of(id, 'upstream')).map((u) => [u.name, u.heldBack, u.sources]);
  expect(await shown()).toEqual([['a', false, ['base']]]);
  const lens = { scope: 'instance' as const, subject: String(id), label: 'base' };
  await scene.publish('base', packages('a-2-1.noarch', 'b-1-1.noarch'));
  await scene.app.operations.setLens({
    ...{ ...lens, at: null, stage: null, under: 'parent', by: 'user:test' },
    filters: [{ packages: { exclude: ['a'] } }],
  });
  expect(await shown()).toEqual([['a', true, ['base']]]);
  expect(await scene.updates.of(id, 'now')).toEqual([]);
  await scene.app.operations.removeLens({ ...lens, by: 'user:test' });
  expect(await shown()).toEqual([['a', false, ['base']]]);
});
