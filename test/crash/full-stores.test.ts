import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { expectTidy, served } from '../mirror/served.ts';
import { startApp } from '../support/app.ts';
import { fill, smallDisk, whyNoSmallDisk } from '../support/small-disk.ts';
import { startFaulty } from './faulty-server.ts';

const skipped = await whyNoSmallDisk();

it.skipIf(skipped)(
  `keeps every store in order wherever the disk gets full in a sync${skipped}`,
  { timeout: 120_000 },
  async () => {
    const disk = await smallDisk();
    const data = join(disk, 'data');
    const { upstream } = await startRepository({ packages: [invented('brook')] });
    const source = { label: 'a', upstream: upstream.url, packages: 'immediate' } as const;
    const { sync, url, app, logged } = await startApp([source], { data });
    expect(await sync('a')).toMatchObject({ outcome: 'updated' });
    const old = await served(url, 'a', ['repodata/repomd.xml']);
    // Documents of 40 KB, catalogue rows of 300 KB, packages of 300 KB.
    const many = Array.from({ length: 400 }, (_, i) => invented(`weir${i}`, '1', 800));
    await writeRepository(upstream.folder, { packages: many, time: 1_700_000_100 });
    const places = new Set<string>();
    let published = false;
    for (let left = 0; !published; left = left * 1.3 + 4096) {
      const free = await fill(disk, left);
      const result = await sync('a');
      published =
        (await served(url, 'a', ['repodata/repomd.xml']))['repodata/repomd.xml'] !==
        old['repodata/repomd.xml'];
      if (!published) {
        expect({ left, ...result }).toMatchObject({ left, outcome: 'failed', kind: 'no_space' });
      }
      places.add(String(result.reason).replace(/.*while (\w+).*/, '$1'));
      await free();
      await expectTidy(data);
    }
    // In the object store, and in the databases.
    expect([...places]).toEqual(expect.arrayContaining(['fetching', 'syncing']));
    await expect(sync('a')).resolves.toMatchObject({
      outcome: expect.stringMatching(/updated|unchanged/),
    });
    const doctor = (await app.operations.doctor()).filter((c) => c.status !== 'ok');
    expect(doctor.map((c) => c.name)).toEqual(doctor.length > 0 ? ['free space'] : []);
    expect(logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  },
);

it.skipIf(skipped)(
  `says that the disk is full where a command cannot be carried out, or the program not started${skipped}`,
  async () => {
    const disk = await smallDisk();
    const data = join(disk, 'data');
    const { upstream } = await startRepository({ packages: [invented('brook')] });
    const first = await startFaulty(upstream.url, { data });
    expect(await first.sync()).toMatchObject({ outcome: 'updated' });
    const free = await fill(disk, 0);
    const added = { label: 'b', upstream: upstream.url, name: 'b'.repeat(100_000) };
    await expect(first.operations.addSource(added)).rejects.toMatchObject({ kind: 'no_space' });
    expect(await first.operations.listSources()).toMatchObject([{ label: 'a' }]);
    first.process.kill('SIGTERM');
    expect(await once(first.process, 'exit')).toEqual([0, null]);
    await expect(startFaulty(upstream.url, { data })).rejects.toThrow(
      /headwater: no space left on the disk while opening .*: free some space/,
    );
    await free();
    const again = await startFaulty(upstream.url, { data });
    expect((await fetch(`${again.url}/channels/a/repodata/repomd.xml`)).status).toBe(200);
    expect(await again.operations.addSource(added)).toMatchObject({ label: 'b' });
  },
);
