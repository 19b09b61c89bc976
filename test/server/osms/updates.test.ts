import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { invented, startRepository } from '../../mirror/repository.ts';
import { openApi } from './registered.ts';
import { allOf } from './sdk.ts';

const system = { arch: 'x86_64', release: 8 };
const sources = [
  { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
  // Without what mends libbrook.
  {
    ...{ label: 'held', name: 'Held', from: ['base'], ...system },
    filters: [{ advisories: { exclude: [{ type: 'security' }] } }],
  },
];

const built = { epoch: '', arch: 'x86_64' };
const libbrook = { name: 'libbrook', version: '1.2.0', ...built };
const old = { ...libbrook, release: '3.el8' };
const fixed = { ...libbrook, release: '5.el8_8' };
const weir = { name: 'weir', version: '1.8.0', release: '1.el8', ...built };
const advisory = 'ELSA-2099-0103';
const cve = 'CVE-2099-20003';

async function opened() {
  const api = await openApi(sources);
  await api.sync('base');
  const attach = async (instance: number, label: string) =>
    api.operations.attachSources({
      ...{ instance, group: null, labels: [label], history: null, by: 'test' },
    });
  const bad = await api.enrol({ name: 'bad' }, [old, weir]);
  await api.compartment('team');
  const good = await api.enrol({ name: 'good', compartment: 'team' }, [fixed]);
  await attach(bad.id, 'base');
  await attach(good.id, 'base');
  return { ...api, attach, bad, good };
}

it('What an instance could update is listed with its advisories and sources', async () => {
  const { client, bad, source } = await opened();
  const of = { managedInstanceId: bad.ocid };
  const updates = await allOf(
    client.listAllAvailableUpdatesForManagedInstance({ ...of, limit: 1 }),
  );
  const base = { id: await source('base'), name: 'Base' };
  expect(updates).toEqual([
    {
      ...{ displayName: 'libbrook', name: 'libbrook-1.2.0-5.el8_8.x86_64', type: 'rpm' },
      updateType: models.UpdateTypes.Security,
      ...{ installedVersion: '1.2.0-3.el8', availableVersion: '1.2.0-5.el8_8' },
      ...{ architecture: 'x86_64', errata: [{ id: advisory, displayName: advisory }] },
      ...{ relatedCves: [cve], softwareSources: [base] },
      headwater: expect.objectContaining({ kind: 'security', obsoletes: null, reboot: false }),
    },
    expect.objectContaining({
      ...{ displayName: 'weir', updateType: models.UpdateTypes.Other, errata: [] },
      ...{ installedVersion: '1.8.0-1.el8', availableVersion: '1.8.1-2.el8' },
    }),
  ]);
  const named = await client.listAvailableUpdatesForManagedInstance({ ...of, displayName: 'WEIR' });
  expect(named.items.map(({ displayName }) => displayName)).toEqual(['weir']);
});

it('What an instance could install besides is what its sources have in streams that are in use', async () => {
  const { client, bad, source } = await opened();
  const of = { managedInstanceId: bad.ocid };
  const packages = await allOf(
    client.listAllAvailablePackagesForManagedInstance({ ...of, limit: 2 }),
  );
  expect(packages.map(({ name }) => name)).toEqual([
    'headwater-release-8.8-1.0.2.el8.x86_64',
    'millrace-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
    'millrace-libs-2.4.6-3.module+el8.4.0+20211+522a0ee4.x86_64',
    'riverbed-3.8-6.el8.noarch',
    'weir-doc-1.8.1-2.el8.noarch',
  ]);
  expect(packages[3]).toEqual({
    ...{ displayName: 'riverbed', name: 'riverbed-3.8-6.el8.noarch', type: 'rpm' },
    ...{ version: '3.8-6.el8', architecture: 'noarch' },
    softwareSources: [{ id: await source('base'), name: 'Base' }],
  });
});

it('Instances say how many updates they lack, once they said what is installed', async () => {
  const api = await opened();
  const { client, bad, good } = api;
  const silent = await api.enrol({ name: 'silent' });
  const shown = async (managedInstanceId: string) =>
    (await client.getManagedInstance({ managedInstanceId })).managedInstance;
  expect(await shown(bad.ocid)).toMatchObject({
    ...{ updatesAvailable: 2, securityUpdatesAvailable: 1, bugUpdatesAvailable: 0 },
    ...{ enhancementUpdatesAvailable: 0, otherUpdatesAvailable: 1, isRebootRequired: false },
    headwater: { updates: { security: 1, other: 1 }, heldBack: 0 },
  });
  expect(await shown(good.ocid)).toMatchObject({ updatesAvailable: 0 });
  expect(await shown(silent.ocid)).not.toHaveProperty('updatesAvailable');
  const listed = await allOf(client.listAllManagedInstances({ compartmentId: api.root }));
  expect(Object.fromEntries(listed.map((one) => [one.displayName, one.updatesAvailable]))).toEqual({
    bad: 2,
    silent: undefined,
  });
});

it('An advisory is found by its name and date, and says what it ships and whom it affects', async () => {
  const { client, bad, good, source } = await opened();
  const namesOf = async (query: object) =>
    (await allOf(client.listAllErrata({ limit: 1, ...query }))).map(({ name }) => name);
  expect(await namesOf({})).toEqual([advisory, 'ELSA-2099-0101', 'ELBA-2099-0102']);
  const byName = { sortBy: 'ADVISORYNAME' };
  expect(await namesOf(byName)).toEqual(['ELBA-2099-0102', 'ELSA-2099-0101', advisory]);
  expect(await namesOf({ advisoryName: 'ELSA-2099-0101' })).toEqual(['ELSA-2099-0101']);
  expect(await namesOf({ erratumId: advisory })).toEqual([advisory]);
  expect(await namesOf({ advisoryName: 'ELSA-2099' })).toEqual([]);
  const until = { timeIssueDateEnd: new Date('2023-05-24T00:00:00Z') };
  expect(await namesOf({ timeIssueDateStart: new Date('2023-01-01'), ...until })).toEqual([
    'ELSA-2099-0101',
  ]);

  const { erratum } = await client.getErratum({ erratumId: advisory });
  expect(erratum).toMatchObject({
    ...{ id: advisory, name: advisory, advisoryType: models.UpdateTypes.Security },
    synopsis: 'ELSA-2099-0103:  libbrook security update (MODERATE)',
    ...{ from: 'el-errata@example.com', relatedCves: [cve] },
    description: '[1.2.0-5]\n- Fix CVE-2099-20003',
    affectedInstances: [{ id: bad.ocid, displayName: 'bad' }],
    softwareSources: [{ id: await source('base'), displayName: 'Base' }],
    packages: [{ displayName: 'libbrook', name: 'libbrook-1.2.0-5.el8_8.x86_64', type: 'rpm' }],
    headwater: {
      ...{ kind: 'security', severity: 'Moderate' },
      instances: [
        { id: bad.ocid, displayName: 'bad', state: 'affected', available: true },
        { id: good.ocid, displayName: 'good', state: 'fixed', available: true },
      ],
    },
  });
  expect(Date.parse(erratum.issued!)).toBe(Date.parse('2023-05-24'));
  await expect(client.getErratum({ erratumId: 'ELSA-2099-9999' })).rejects.toMatchObject({
    ...{ statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' },
  });
});

it('The advisories of an instance are those that it lacks something of, be that held back or not', async () => {
  const { client, bad, good, operations, attach } = await opened();
  const concerning = async (managedInstanceId: string) =>
    allOf(client.listAllManagedInstanceErrata({ managedInstanceId }));
  expect(await concerning(bad.ocid)).toMatchObject([
    { name: advisory, headwater: { available: true, packages: ['libbrook-1.2.0-5.el8_8.x86_64'] } },
  ]);
  expect(await concerning(good.ocid)).toEqual([]);
  const of = { instance: bad.id, group: null, labels: ['base'], by: 'test' };
  await operations.detachSources(of);
  await attach(bad.id, 'held');
  expect(await concerning(bad.ocid)).toMatchObject([
    { name: advisory, headwater: { available: false } },
  ]);
  const { updates, counts } = await operations.listUpdates(bad.id, { heldBack: true, kinds: null });
  expect(counts).toMatchObject({ total: 1, heldBack: 1 });
  expect(updates).toMatchObject([{ name: 'libbrook', heldBack: true, kind: 'security' }]);
});

it('Who may read no source is told of no advisory, and who may not read an instance not whether it is affected', async () => {
  const api = await opened();
  const errata = 'Allow group readers to read osms-errata in tenancy';
  const none = await api.as('readers', errata);
  expect((await none.listErrata({})).items).toEqual([]);
  const refused = { statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' };
  await expect(none.getErratum({ erratumId: advisory })).rejects.toMatchObject(refused);
  const some = await api.as(
    'team',
    'Allow group team to read osms-errata in tenancy',
    'Allow group team to read osms-software-sources in tenancy',
    'Allow group team to read osms-managed-instances in compartment team',
    'Allow group team to inspect osms-managed-instances in tenancy',
  );
  expect((await some.listErrata({})).items).toHaveLength(3);
  const { erratum } = await some.getErratum({ erratumId: advisory });
  expect(erratum.affectedInstances).toEqual([]);
  expect(erratum).toMatchObject({ headwater: { instances: [{ displayName: 'good' }] } });
  const asked = some.listAvailableUpdatesForManagedInstance({ managedInstanceId: api.bad.ocid });
  await expect(asked).rejects.toMatchObject(refused);
});

it('An advisory is told as the sources have it that the caller may read', async () => {
  const { upstream } = await startRepository({
    packages: [invented('sluice')],
    advisories: [advisory],
    // Updated later than what others have of that name.
    edit: (_, xml) => xml.replace('2023-11-14', '2098-01-01'),
  });
  const api = await openApi([
    ...sources,
    { label: 'secret', name: 'Secret', upstream: upstream.url, ...system },
  ]);
  await api.sync('base');
  await api.sync('secret');
  await api.compartment('team');
  await api.identity.resources.change('source', 'secret', { compartment: 'team' });
  const team = await api.as(
    'team',
    'Allow group team to read osms-errata in tenancy',
    "Allow group team to read osms-software-sources in tenancy where target.compartment.name != 'team'",
  );
  const asked = { erratumId: advisory };
  const { erratum } = await team.getErratum(asked);
  const { erratum: whole } = await api.client.getErratum(asked);
  expect(erratum).toMatchObject({
    ...{ relatedCves: [cve], description: '[1.2.0-5]\n- Fix CVE-2099-20003' },
    softwareSources: [{ displayName: 'Base' }],
  });
  expect(whole.softwareSources).toHaveLength(2);
  expect(whole.synopsis).not.toBe(erratum.synopsis);
});
