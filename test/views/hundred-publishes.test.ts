import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { invented, writeRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { randomFrom } from '../support/random.ts';
import { startUpstream } from '../support/upstream.ts';
import { createYumClient } from '../support/yum-client.ts';

const stay = Array.from({ length: 12 }, (_, i) => invented(`stay-${i}`));

/** What the upstream has in its n-th publish: what stays, one package that changes its version, and one of the last three. */
const packagesOf = (n: number) => [
  ...stay,
  invented('moves', `${n}`),
  invented('held', '1'),
  invented(`passing-${n % 3}`, '1'),
];

it('A client in the middle of a transaction sees neither a 404 nor a wrong checksum during 100 publishes', async () => {
  const folder = await temporaryFolder();
  await writeRepository(folder, {
    packages: packagesOf(0),
    advisories: ['A-1'],
    time: 1_700_000_000,
  });
  const upstream = await startUpstream(folder);
  const { app, sync, url } = await startApp([
    { label: 'mirror', upstream: upstream.url, packages: 'immediate' },
    { label: 'view', from: ['mirror'], filters: [{ packages: { exclude: ['held'] } }] },
    { label: 'stage', follows: 'view' },
  ]);
  const move = { to: null, by: 'tester', fetch: null, allowMissing: false };
  await sync('mirror');
  await fetch(`${url}/channels/view/repodata/repomd.xml`);
  await app.operations.promoteStage('stage', move, () => {});
  const keys = await fetch(`${url}/keys/headwater.asc`).then((r) => r.text());
  const random = randomFrom(11);

  let publishing = true;
  const seen: Record<string, { revisions: Set<string>; transactions: number }> = {};

  async function transactions(label: string): Promise<void> {
    const pause = () => sleep(Math.floor(random() * 12));
    const options = label === 'mirror' ? { pause } : { keys, pause };
    const client = createYumClient(`${url}/channels/${label}/`, options);
    const noted = { revisions: new Set<string>(), transactions: 0 };
    seen[label] = noted;
    let last = 0;
    try {
      while (publishing) {
        const { packages, timestamp, repomd } = await client.makeCache();
        if (label !== 'mirror') {
          expect(timestamp, `${label} went back`).toBeGreaterThanOrEqual(last);
          last = timestamp;
          expect(packages.map((p) => p.name)).not.toContain('held');
        }
        for (const pkg of packages.filter((_, i) => i % 5 === 0 || i > 10)) {
          await pause();
          await client.download(pkg);
        }
        noted.revisions.add(label === 'mirror' ? repomd.data[0]!.href : repomd.revision);
        noted.transactions++;
      }
    } finally {
      client.close();
    }
  }

  const clients = ['mirror', 'view', 'stage'].map(transactions);
  const failed = Promise.all(clients);
  failed.catch(() => {
    publishing = false;
  });
  let published = 0;
  for (let n = 1; published < 100 && publishing; n++) {
    await writeRepository(folder, {
      packages: packagesOf(n),
      advisories: ['A-1'],
      time: 1_700_000_000 + n,
    });
    expect(await sync('mirror')).toMatchObject({ outcome: 'updated' });
    await app.operations.promoteStage('stage', move, () => {});
    published += 3;
    if (n % 10 === 0) {
      await app.operations.rollbackStage('stage', move, () => {});
      published++;
    }
  }
  publishing = false;
  await failed;
  expect(published).toBeGreaterThanOrEqual(100);
  for (const [label, { revisions, transactions: count }] of Object.entries(seen)) {
    expect(count, label).toBeGreaterThan(10);
    expect(revisions.size, label).toBeGreaterThan(5);
  }
}, 180_000);
