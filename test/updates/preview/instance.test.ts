import { expect, it } from 'vitest';
import { openMachine, stub } from './machines.ts';

const names = (list: readonly { name: string; evr: string }[]) =>
  list.map(({ name, evr }) => `${name} ${evr}`);

it('Tells what an update of all brings: what replaces what, what is needed besides, advisories, and that it takes a reboot', async () => {
  const openssl = stub('openssl-libs-1:3.0.1-2.x86_64', { requires: ['crypto-policies >= 2'] });
  const { preview } = await openMachine({
    installed: [
      stub('openssl-libs-1:3.0.1-1.x86_64'),
      stub('bash-4.4-1.x86_64'),
      stub('old-1-1.noarch'),
      stub('kernel-5-1.x86_64'),
      stub('kernel-5-2.x86_64'),
      stub('kernel-5-3.x86_64'),
    ],
    now: {
      packages: [
        openssl,
        stub('crypto-policies-2-1.noarch', { recommends: ['crypto-scripts'] }),
        stub('crypto-scripts-2-1.noarch'),
        stub('bash-4.4-1.x86_64'),
        stub('new-2-1.noarch', { obsoletes: ['old < 2'] }),
        stub('kernel-5-4.x86_64'),
      ],
      advisories: [
        {
          ...{ id: 'ELSA-1', type: 'security', severity: 'Important' },
          ...{ issued: '2026-01-01 00:00:00', cves: ['CVE-2026-1'], packages: [openssl] },
        },
        // The same once more, as another collection of it has it.
        {
          ...{ id: 'ELSA-1', type: 'security', severity: 'Important' },
          ...{ issued: '2026-01-02 00:00:00', cves: ['CVE-2026-2'], packages: [openssl] },
        },
      ],
    },
  });
  const all = await preview({ updateAll: 'all' });
  expect(all.upgrades).toEqual([
    {
      ...{ name: 'openssl-libs', arch: 'x86_64', evr: '1:3.0.1-2', installed: '1:3.0.1-1' },
      ...{ source: 'base', size: 1000, installedSize: 2000 },
    },
  ]);
  expect(names(all.installs)).toEqual(['kernel 5-4', 'new 2-1']);
  expect(all.dependencies).toMatchObject([
    { name: 'crypto-policies', weak: false },
    { name: 'crypto-scripts', weak: true },
  ]);
  expect(all.obsoleted).toEqual([{ name: 'old', arch: 'noarch', evr: '1-1', by: 'new' }]);
  expect(all.removals).toEqual([{ name: 'kernel', arch: 'x86_64', evr: '5-1', asked: false }]);
  expect(all.downloadBytes).toBe(5000);
  expect(all.installedBytes).toBe(5 * 2000 - 3 * 2000);
  const cves = ['CVE-2026-1', 'CVE-2026-2'];
  expect(all.advisories).toMatchObject([
    {
      ...{ id: 'ELSA-1', type: 'security', sources: ['base'] },
      ...{ issued: '2026-01-02T00:00:00.000Z', cves },
    },
  ]);
  expect(all.cves).toEqual(cves);
  expect(all.reboot).toEqual(['kernel', 'openssl-libs']);
  expect(all).toMatchObject({ decided: true, reasons: [] });

  const security = await preview({ updateAll: ['security'] });
  expect(names(security.upgrades)).toEqual(['openssl-libs 1:3.0.1-2']);
  expect(security.installs).toEqual([]);
  expect(security.reboot).toEqual(['openssl-libs']);
  expect(await preview({ updateAll: ['enhancement'] })).toMatchObject({ upgrades: [] });
  const updated = async (name: string) => {
    const { upgrades, reasons } = await preview({ update: [name], updateAll: ['bugfix'] });
    return [...names(upgrades), ...reasons];
  };
  expect(await updated('openssl-libs-1:3.0.1-2')).toEqual(['openssl-libs 1:3.0.1-2']);
  expect(await updated('openssl-libs-1:3.0.1-1')).toEqual([]);
  expect(await updated('crypto-policies-2')).toEqual(['no package crypto-policies-2 is installed']);
});

it('Closes only what is newer than what is installed, kernels beside each other too, and nothing with what is new', async () => {
  const kernels = [1, 2, 3, 4].map((release) => stub(`kernel-5-${release}.x86_64`));
  const [fresh, older] = [stub('fresh-2-1.noarch'), stub('fresh-1-1.noarch')];
  const taking = stub('taking-2-1.noarch', { obsoletes: ['gone < 2'] });
  const about = (id: string, of: ReturnType<typeof stub>) => ({
    ...{ id, type: 'security', severity: 'Important', issued: '2026-01-01 00:00:00' },
    ...{ cves: [id.replace('ELSA', 'CVE-2026')], packages: [of] },
  });
  const { preview } = await openMachine({
    installed: [kernels[0]!, kernels[1]!, stub('gone-1-1.noarch')],
    now: {
      packages: [...kernels, fresh, older, taking],
      advisories: [
        ...kernels.map((kernel, i) => about(`ELSA-100${i + 1}`, kernel)),
        ...[about('ELSA-2001', older), about('ELSA-2002', fresh)],
        ...[about('ELSA-3001', stub('taking-1-1.noarch')), about('ELSA-3002', taking)],
      ],
    },
  });
  const all = await preview({ updateAll: 'all', install: ['fresh'] });
  expect(names(all.installs)).toEqual(['fresh 2-1', 'kernel 5-4', 'taking 2-1']);
  expect(all.advisories.map(({ id }) => id)).toEqual(['ELSA-1003', 'ELSA-1004', 'ELSA-3002']);
  expect(all.cves).toEqual(['CVE-2026-1003', 'CVE-2026-1004', 'CVE-2026-3002']);
});

it('Tells what cannot be, and why; what was never heard of leaves it undecided', async () => {
  const { preview, managed, id } = await openMachine({
    installed: [stub('app-1-1.noarch', { requires: ['lib = 1'] }), stub('lib-1-1.noarch')],
    now: {
      packages: [
        stub('lib-2-1.noarch'),
        stub('app-0-1.noarch'),
        stub('broken-1-1.noarch', { requires: ['nothing-has-this'] }),
        stub('wants-2-1.noarch', { requires: ['lib = 2'] }),
      ],
    },
  });
  const update = await preview({ updateAll: 'all' });
  expect(update).toMatchObject({ decided: true, upgrades: [] });
  expect(update.reasons).toEqual([
    'lib-1-1.noarch stays: lib-2-1.noarch does not go with the rest',
  ]);
  const broken = await preview({ install: ['broken'] });
  expect(broken).toMatchObject({ decided: true, installs: [] });
  expect(broken.reasons).toEqual([
    'broken cannot be installed beside what is there',
    'broken-1-1.noarch needs nothing-has-this, which nothing provides',
  ]);
  expect((await preview({ install: ['wants'] })).installs).toEqual([]);
  expect((await preview({ install: ['unheard-of'] })).reasons).toEqual([
    'no package unheard-of is in a source of the instance',
  ]);
  expect((await preview({ remove: ['lib'] })).removals).toMatchObject([
    { name: 'app', asked: false },
    { name: 'lib', asked: true },
  ]);
  expect(await preview({ install: ['app-0'] })).toMatchObject({
    ...{ decided: false, upgrades: [], installs: [] },
    reasons: ['app-0-1.noarch is older than what is there: dnf may go back to it'],
  });
  await expect(preview({})).rejects.toThrow('nothing is asked for');

  const own = { name: 'own', epoch: '', version: '1', release: '1', arch: 'noarch' };
  await managed.profiles.change(id, { added: [own], deleted: [] });
  const removal = await preview({ remove: ['lib'] });
  expect(removal.decided).toBe(false);
  expect(removal.reasons).toEqual([
    'what needs the packages that go is not known of own-1-1.noarch',
  ]);
  expect((await preview({ updateAll: 'all' })).decided).toBe(true);
});

it('Finds files that only filelists names', async () => {
  const { preview } = await openMachine({
    hideFiles: true,
    installed: [stub('bash-4.4-1.x86_64')],
    now: {
      packages: [
        stub('app-1-1.noarch', { requires: ['/usr/share/deep/file'] }),
        stub('data-1-1.noarch', { files: ['/usr/share/deep/file'] }),
      ],
    },
  });
  expect((await preview({ install: ['app'] })).dependencies).toMatchObject([{ name: 'data' }]);
  expect((await preview({ install: ['/usr/share/deep/file'] })).installs).toMatchObject([
    { name: 'data' },
  ]);
});

it('Goes by the streams of modules that are in use, or are to be', async () => {
  const builds = ['1', '2'].map((stream) => stub(`web-${stream}-2.module.x86_64`));
  const module = (stream: string, artifact: (typeof builds)[number]) => ({
    ...{ name: 'web', stream, version: 1, context: 'aa', arch: 'x86_64' },
    ...{ artifacts: [artifact], profiles: {} },
  });
  const { preview } = await openMachine({
    installed: [stub('web-1-1.module.x86_64')],
    now: {
      packages: [...builds, stub('web-9-1.x86_64')],
      modules: [module('1', builds[0]!), module('2', builds[1]!)],
      defaults: [{ module: 'web', stream: '1' }],
    },
  });
  const updated = async (...enable: { module: string; stream: string | null }[]) => {
    const { upgrades } = await preview({ updateAll: 'all', enable });
    return upgrades.map(({ evr }) => evr);
  };
  expect(await updated()).toEqual(['1-2.module']);
  expect(await updated({ module: 'web', stream: '2' })).toEqual(['2-2.module']);
  expect(await updated({ module: 'web', stream: null })).toEqual(['9-1']);
  const unknown = [
    { module: 'web', stream: '3' },
    { module: 'none', stream: null },
  ];
  expect(await preview({ updateAll: 'all', enable: unknown })).toMatchObject({
    reasons: [
      'no module web:3 is in a source of the instance',
      'no module none is in a source of the instance',
    ],
  });
});

it('Is asked over the API by who may read the instance', async () => {
  const { ask } = await openMachine({
    installed: [stub('bash-1-1.x86_64')],
    now: { packages: [stub('bash-2-1.x86_64')] },
  });
  const may = (name: string) => `Allow group ${name} to read osms-managed-instances in tenancy`;
  expect(await ask('ada', { updateTypes: ['ALL'] }, may('ada'))).toMatchObject({
    status: 200,
    body: { decided: true, upgrades: [{ name: 'bash', evr: '2-1', installed: '1-1' }] },
  });
  expect(await ask('bob', { updateTypes: ['ALL'] })).toMatchObject({ status: 404 });
  expect(await ask('eve', {}, may('eve'))).toMatchObject({ status: 400 });
  expect(await ask('joe', { updateTypes: ['SOME'] }, may('joe'))).toMatchObject({ status: 400 });
});
