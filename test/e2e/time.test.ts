import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureCopy, startApp, temporaryFolder } from '../support/app.ts';
import { createDnfOf } from '../support/dnf.ts';
import { hasDnf, projectRoot } from '../support/tools.ts';

it.skipIf(!hasDnf)(
  'dnf reads snapshots, a stage, and a stage that was rolled back, and upgrades to what was promoted',
  async () => {
    const upstream = await fixtureCopy('ol8');
    const { url, sync, app } = await startApp([
      { label: 'ol8', release: 8, upstream: `file:${upstream}/` },
      { label: 'prod', follows: 'ol8' },
    ]);
    const { operations: o } = app;
    const by = 'tester';
    const move = { by, fetch: null, allowMissing: false };
    const folder = await temporaryFolder();
    await sync('ol8');
    await o.createSnapshot({ label: 'ol8', name: 'begin', at: null, by });
    await o.promoteStage('prod', { ...move, to: 'begin' }, () => {});
    const prod = await createDnfOf(
      join(folder, 'prod'),
      await fetch(`${url}/channels/prod.repo`).then((r) => r.text()),
    );
    const root = `--installroot=${join(folder, 'root')}`;
    const asked = ['--setopt=metadata_expire=0', '--refresh'];
    await prod('install', root, 'weir');

    // Upstream has other packages from now on.
    await cp(join(projectRoot, 'fixtures/repodata/ol9'), upstream, { recursive: true });
    expect(await sync('ol8')).toMatchObject({ outcome: 'updated' });
    expect(await prod('check-update', root, ...asked)).not.toContain('weir');
    await o.promoteStage('prod', { ...move, to: null }, () => {});
    await prod('upgrade', root, ...asked, 'weir');
    expect(await prod('repoquery', root, '--installed', 'weir')).toContain(
      'weir-0:2.0.3-4.el9_4.1',
    );
    await o.rollbackStage('prod', move, () => {});
    const offered = await prod('repoquery', root, ...asked, '--available', 'weir');
    expect(offered.trim().split('\n').at(-1)).toBe('weir-0:1.8.1-2.el8.x86_64');

    for (const channel of ['ol8@begin', 'prod@1']) {
      const repo = `[then]\nname=then\nbaseurl=${url}/channels/${channel}/\ngpgcheck=0\n`;
      const dnf = await createDnfOf(join(folder, channel), repo);
      expect(await dnf('repoquery', '--available', 'weir'), channel).toContain(
        'weir-0:1.8.1-2.el8',
      );
    }
  },
  240_000,
);
