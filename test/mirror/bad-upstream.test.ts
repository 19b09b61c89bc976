import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { groups } from './bad.ts';
import { invented, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

vi.mock(import('../../src/base/limits.ts'), async (original) => {
  const { limits } = await original();
  const short = { responseTime: 300, stallTime: 300, restartPause: 1 };
  return { limits: { ...limits, ...short, smallDocument: 100_000 } };
});

describe('an upstream', () => {
  it.for(groups)('%s changes nothing and is told of in one sentence', async ([, table]) => {
    const folder = await temporaryFolder();
    const packages = [invented('brook'), invented('weir')];
    const files = await writeRepository(join(folder, 'good'), { packages, advisories: ['A-1'] });
    const upstream = await startUpstream(join(folder, 'good'));
    const address = upstream.url.replace('//', '//user:secret@');
    const { url, sync, app, config, logged } = await startApp([
      { label: 'kept', upstream: address },
      { label: 'fresh', upstream: address },
    ]);
    await sync('kept');
    const paths = ['repodata/repomd.xml', ...Object.values(files), packages[0]!.href];
    const before = await served(url, 'kept', paths);
    const repomdNow = await readFile(join(folder, 'good/repodata/repomd.xml'));
    expect(before['repodata/repomd.xml']).toBe(`200 ${hash('sha256', repomdNow)}`);

    const newer = (time: number) => ({ packages: [...packages, invented('sluice')], time });
    for (const [i, bad] of table.entries()) {
      upstream.folder = join(folder, String(i));
      await writeRepository(upstream.folder, { ...newer(1_700_000_100 + i), ...bad.repository });
      upstream.fault = (request, response) =>
        bad.fault?.(request.url!)?.(request, response) ?? false;
      await bad.end?.(upstream);
      const labels = bad.alone ? ['fresh'] : ['kept', 'fresh'];
      const results = await Promise.all(labels.map((label) => sync(label)));
      for (const { label, ...result } of results) {
        expect({ what: bad.what, ...result }).toMatchObject({ outcome: 'failed', kind: bad.kind });
        expect(result.reason).toContain(`source ${label}`);
        expect(result.reason).toMatch(new RegExp(upstream.url + bad.path.source));
        expect(result.reason).toMatch(bad.says);
        expect(result.reason).not.toContain('\n');
        const { history } = await app.operations.showSource(label);
        expect(history[0]).toMatchObject({ outcome: 'failed', errorKind: bad.kind });
        expect(JSON.stringify([result, history[0]])).not.toContain('secret@');
      }
      expect(await served(url, 'kept', paths), bad.what).toEqual(before);
      await expectTidy(config.data);
    }
    expect((await fetch(`${url}/channels/fresh/repodata/repomd.xml`)).status).toBe(404);
    expect(JSON.stringify(logged)).not.toContain('secret@');
    if (table.at(-1)?.end) return;

    upstream.fault = undefined;
    await writeRepository(upstream.folder, newer(1_700_001_000));
    expect(await sync('kept')).toMatchObject({ outcome: 'updated', packagesAdded: 1 });
    expect(await sync('fresh')).toMatchObject({ outcome: 'updated', packages: 3 });
  });
});
