import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const only = ['primary'] as ['primary'];
const [first, later] = [1_700_000_000, 1_700_000_100];

/** Two mirrors, of which the second has what the first has not got yet. */
async function twoMirrors() {
  const packages = [invented('brook')];
  const { upstream: stale } = await startRepository({ only, packages, time: first });
  const { upstream: fresh } = await startRepository({
    only,
    packages: [invented('brook'), invented('weir')],
    time: later,
  });
  return { stale, fresh };
}

it('takes the fresh one of two mirrors where the other is older than what is served', async () => {
  const { stale, fresh } = await twoMirrors();
  const { sync, app } = await startApp([{ label: 'a', upstream: [stale.url, fresh.url] }]);
  stale.fault = (_, response) => !!response.writeHead(404).end();
  expect(await sync('a')).toMatchObject({ revision: 1, packages: 2 });

  stale.fault = undefined;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 1, reason: null });
  await writeRepository(fresh.folder, { only, packages: [invented('brook')], time: later + 1 });
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packages: 1 });
  expect((await app.operations.showSource('a')).history).toHaveLength(3);
});

it('says of each address how old it is where every mirror is older', async () => {
  const { stale, fresh } = await twoMirrors();
  const { sync } = await startApp([{ label: 'a', upstream: [stale.url, fresh.url] }]);
  stale.fault = (_, response) => !!response.writeHead(404).end();
  await sync('a');
  stale.fault = undefined;
  fresh.folder = stale.folder;
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  expect(result.reason).toContain(
    `${fresh.url}repodata/repomd.xml is of 2023-11-14T22:13:20.000Z, older than ours of 2023-11-14T22:15:00.000Z`,
  );
  // A stale mirror is not asked again and again.
  expect(stale.requests.filter((r) => r.endsWith('repomd.xml')).length).toBe(2);
});

it('takes what is older though a sync that may not is under way', async () => {
  const { upstream } = await startRepository({ only, packages: [invented('brook')], time: later });
  const { sync, app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  await writeRepository(upstream.folder, { only, packages: [invented('weir')], time: first });
  const gate = Promise.withResolvers<void>();
  upstream.fault = async () => {
    await gate.promise;
    return false;
  };
  const asked = upstream.requests.length;
  const plain = sync('a');
  while (upstream.requests.length === asked) await sleep(10);
  const told = [1, 2].map(() => app.operations.sync({ labels: ['a'], allowOlder: true }, () => {}));
  gate.resolve();
  expect(await plain).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  for (const [result] of await Promise.all(told)) {
    expect(result).toMatchObject({ outcome: 'updated', revision: 2 });
  }
  expect((await app.operations.showSource('a')).history).toHaveLength(3);
});

it('takes a stale mirror for the upstream where it is the first that is asked, until then', async () => {
  const { stale, fresh } = await twoMirrors();
  const other = await startUpstream(fresh.folder);
  const { sync } = await startApp([{ label: 'a', upstream: [stale.url, other.url] }]);
  expect(await sync('a')).toMatchObject({ revision: 1, packages: 1 });
  stale.fault = (_, response) => !!response.writeHead(404).end();
  expect(await sync('a')).toMatchObject({ revision: 2, packages: 2 });
});

it('a time in the future does not make what is published next seem old', async () => {
  const year = 365 * 86_400;
  const time = Math.floor(Date.now() / 1000) + 10 * year;
  const { upstream } = await startRepository({ packages: [invented('brook')], time });
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const first = await sync('a');
  expect(first).toMatchObject({ outcome: 'updated' });
  expect(first.warnings[0]).toBe('the timestamp of primary is in the future, and does not count');
  await writeRepository(upstream.folder, { packages: [invented('weir')], time: 1_700_000_000 });
  expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
});
