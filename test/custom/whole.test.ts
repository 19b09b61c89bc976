import { join } from 'node:path';
import { expect, it } from 'vitest';
import { brook, by, patient, startFlow } from '../channels/time.ts';
import { invented } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnfOf } from '../support/dnf.ts';
import { hasDnf, projectRoot } from '../support/tools.ts';
import { createYumClient } from '../support/yum-client.ts';

const ol8 = `file:${join(projectRoot, 'fixtures/repodata/ol8')}/`;

it.skipIf(!hasDnf)(
  'Real dnf reads it empty, and with modules, advisories and groups of what it has',
  async () => {
    const { app, url } = await startApp([
      { label: 'ol8', release: 8, arch: 'x86_64', upstream: ol8 },
    ]);
    const { operations: o } = app;
    await o.sync({ labels: ['ol8'] }, () => {});
    await o.addSource({ label: 'own', custom: true, arch: 'x86_64', release: 8, fetch: false });
    const repo = `[own]\nname=own\nbaseurl=${url}/channels/own/\n`;
    const dnf = await createDnfOf(await temporaryFolder(), repo);
    const list = async (...args: string[]) =>
      (await dnf('-q', '--refresh', ...args)).split('\n').filter(Boolean).sort();
    expect(await list('repoquery')).toEqual([]);
    const millrace = 'millrace-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64';
    const names = [millrace, 'libbrook-1.2.0-5.el8_8', 'weir'];
    await o.addPackages({ label: 'own', names, from: null, by });
    // dnf hides builds of streams that are not the default: that they are not hidden says that they are no modules'.
    expect(await list('repoquery', '--nevra')).not.toContain(millrace);
    await dnf('module', 'enable', 'millrace:2.4');
    expect(await list('repoquery')).toEqual([
      expect.stringMatching(/^libbrook-0:1.2.0-5.el8_8.x86_64/),
      expect.stringContaining('millrace-0:2.4.6'),
      expect.stringMatching(/^weir-0:/),
    ]);
    const client = createYumClient(`${url}/channels/own/`);
    const { documents } = await client.makeCache();
    client.close();
    const advisories = String(documents.get('updateinfo')).match(/EL[SB]A-[\d-]+/g);
    expect([...new Set(advisories)].sort()).toEqual(['ELBA-2099-0102', 'ELSA-2099-0103']);
    expect(String(documents.get('modules'))).not.toContain('stream: "2.10"');
  },
);

it('Empty or not, it is compared, checked, named, and followed by others with SQLite', async () => {
  const { app, next, offers } = await startFlow([]);
  const { operations: o } = app;
  await o.addSource({ label: 'own', custom: true, sqlite: true });
  await o.addSource({ label: 'stage', follows: 'own', sqlite: true });
  await o.addSource({ label: 'view', from: ['own', 'base'] });
  await o.createSnapshot({ label: 'own', name: 'empty', at: null, by });
  await next(brook('1'), invented('weir'));
  await o.addPackages({ label: 'own', names: ['brook', 'weir'], from: null, by });
  expect((await o.diff('own@empty', 'own')).packages.added).toHaveLength(2);
  expect((await o.diff('own', 'own@empty')).packages.removed).toHaveLength(2);
  expect(await o.checkSource({ name: 'own@empty', with: [], platform: null })).toMatchObject({
    label: 'own',
  });
  expect(await o.checkSource({ name: 'own', with: ['base'], platform: null })).toMatchObject({
    problem: null,
  });
  const fill = { name: 'empty', fetch: true };
  expect(await o.fillSnapshot('own', fill, () => {})).toMatchObject({ packages: 0, notHeld: 0 });
  await o.promoteStage('stage', { to: 'empty', by, fetch: null, allowMissing: false }, () => {});
  await o.promoteStage('stage', { to: null, by, fetch: null, allowMissing: false }, () => {});
  await expect.poll(async () => (await offers('stage'))?.of, patient).toMatch(/^own@/);
  const { revisions } = await o.showHistory('own');
  expect(revisions.at(-1)).toMatchObject({ number: 1, packages: 0, snapshots: ['empty'] });
  expect(revisions[0]).toMatchObject({ packages: 2, parents: [{ label: 'base' }] });
});
