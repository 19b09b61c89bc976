import { models, requests } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { readPrimaryRecord } from '../../../src/repodata/primary-record.ts';
import { elementsOf, fixtures } from '../../repodata/documents.ts';
import { fixtureCopy } from '../../support/app.ts';
import { allOf, refusalOf, startApi } from './sdk.ts';

type SortBy = requests.ListSoftwareSourcePackagesRequest.SortBy;
type SortOrder = requests.ListSoftwareSourcePackagesRequest.SortOrder;
const sdk = requests.ListSoftwareSourcePackagesRequest;

/** A server that mirrors the fixtures of Oracle Linux 8 and 9, with a view of the first. */
async function start() {
  const sources = await Promise.all(
    (['ol8', 'ol9'] as const).map(async (label) => ({
      ...{ label, name: `Oracle Linux ${label.slice(2)}` },
      upstream: `file:${await fixtureCopy(label)}/`,
    })),
  );
  const filters = [{ packages: { exclude: ['weir*'] } }];
  const views = [
    { label: 'no-weir', name: 'Without weirs', from: ['ol8'], filters },
    { label: 'empty', upstream: 'file:/nothing/' },
  ];
  const api = await startApi([...sources, ...views]);
  for (const { label } of sources) await api.sync(label);
  const { resources } = api.app.identity;
  return {
    ...api,
    id: async (label: string) => (await resources.of('source', label)).ocid,
    /** What a repository says of its packages, by pkgid. */
    async said(label: string) {
      const repository = fixtures.find((f) => f.name === label)!;
      const elements = await elementsOf(repository, 'primary', 'metadata');
      return new Map(
        elements.map(readPrimaryRecord).map((record) => [record.checksum.value, record]),
      );
    },
  };
}

it('A source lists all of its packages in pages, in any order', async () => {
  const { client, id, said } = await start();
  const softwareSourceId = await id('ol8');
  const expected = await said('ol8');
  const lists: models.SoftwarePackageSummary[][] = [];
  for (const sortBy of [sdk.SortBy.Displayname, sdk.SortBy.Timecreated] as SortBy[]) {
    for (const sortOrder of [sdk.SortOrder.Asc, sdk.SortOrder.Desc] as SortOrder[]) {
      const found = await allOf(
        client.listAllSoftwareSourcePackages({ softwareSourceId, sortBy, sortOrder, limit: 3 }),
      );
      expect(found.map((p) => p.checksum).toSorted()).toEqual([...expected.keys()].toSorted());
      const shown = found.map((p) =>
        sortBy === sdk.SortBy.Displayname
          ? p.displayName
          : expected.get(p.checksum!)!.numbers.buildTime,
      );
      const sorted = shown.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(shown).toEqual(sortOrder === sdk.SortOrder.Asc ? sorted : sorted.toReversed());
      lists.push(found);
    }
  }
  const byName = lists[0]!;
  expect(byName.find((p) => p.displayName === 'weir')).toEqual({
    displayName: 'weir',
    name: 'weir-1.8.1-2.el8.x86_64',
    type: 'rpm',
    version: '1.8.1-2.el8',
    architecture: 'x86_64',
    checksumType: 'sha256',
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  // Nothing said: the latest first.
  const { items } = await client.listSoftwareSourcePackages({ softwareSourceId });
  expect(items).toEqual(lists[3]);
  const some = await client.listSoftwareSourcePackages({ softwareSourceId, displayName: 'WEIR' });
  expect(some.items.map((p) => p.displayName).toSorted()).toEqual(['weir', 'weir-doc']);
});

it('A view lists what its filters leave, a source that was never synced nothing', async () => {
  const { client, id } = await start();
  const list = async (label: string) =>
    (await client.listSoftwareSourcePackages({ softwareSourceId: await id(label) })).items.map(
      (p) => p.name,
    );
  const all = await list('ol8');
  expect(await list('no-weir')).toEqual(all.filter((name) => !name.startsWith('weir')));
  expect(await list('empty')).toEqual([]);
  const softwareSourceId = await id('empty');
  expect((await client.listModuleStreams({ softwareSourceId })).items).toEqual([]);
});

it('A package is shown with what its repository says of it, and with the sources that have it', async () => {
  const { client, id, said } = await start();
  const softwareSourceId = await id('ol8');
  const expected = await said('ol8');
  const { items } = await client.listSoftwareSourcePackages({ softwareSourceId });
  expect(items.length).toBe(expected.size);
  for (const { name, checksum } of items) {
    const { softwarePackage: found } = await client.getSoftwarePackage({
      ...{ softwareSourceId, softwarePackageName: name },
    });
    const record = expected.get(checksum!)!;
    expect(found).toMatchObject({ name, checksum, sizeInBytes: record.numbers.packageSize });
    expect(found.description).toBe(record.texts.description!.trim());
    expect(Date.parse(found.lastModifiedDate!)).toBe(record.numbers.buildTime * 1000);
    const named = Object.entries(record.dependencies).flatMap(([kind, list]) =>
      list.map((one) => `${kind} ${one.name}`),
    );
    expect(found.dependencies!.map((d) => `${d.dependencyType} ${d.dependency}`)).toEqual(named);
    expect(found.files!.length).toBeGreaterThanOrEqual(record.files.length);
  }
  const { softwarePackage: libs } = await client.getSoftwarePackage({
    softwareSourceId,
    softwarePackageName: 'millrace-libs-2.10.4-1.module+el8.8.0+21052+63b34585.x86_64',
  });
  // The view was asked for by nobody yet, and has nothing.
  expect(libs.softwareSources).toEqual([{ id: softwareSourceId, name: 'Oracle Linux 8' }]);
  expect(libs.dependencies).toContainEqual({
    dependency: 'millrace-libs',
    dependencyType: 'provides',
    dependencyModifier: '= 2.10.4-1.module+el8.8.0+21052+63b34585',
  });
  for (const softwarePackageName of ['weir', 'weir-9-9.el8.x86_64', 'weir-2.0.3-4.el9.x86_64']) {
    const { status, code } = await refusalOf(
      client.getSoftwarePackage({ softwareSourceId, softwarePackageName }),
    );
    expect([status, code]).toEqual([404, 'NotAuthorizedOrNotFound']);
  }
});

it('Packages are found in all sources, by name, by what they are called, and by CVE', async () => {
  const { client, id } = await start();
  // A view is there once somebody asked for it.
  await client.listSoftwareSourcePackages({ softwareSourceId: await id('no-weir') });
  const sortBy = requests.SearchSoftwarePackagesRequest.SortBy.Displayname;
  const search = async (request: requests.SearchSoftwarePackagesRequest) =>
    allOf(client.searchSoftwarePackagesRecordIterator({ sortBy, limit: 2, ...request }));
  const weirs = await search({ displayName: 'weir' });
  expect(weirs.map((p) => p.name)).toEqual([
    'weir-1.8.1-2.el8.x86_64',
    'weir-2.0.3-4.el9.x86_64',
    'weir-2.0.3-4.el9_4.1.x86_64',
    'weir-doc-1.8.1-2.el8.noarch',
    'weir-doc-2.0.3-4.el9.noarch',
  ]);
  expect(weirs[0]).toMatchObject({
    ...{ displayName: 'weir', type: 'rpm', version: '1.8.1-2.el8', architecture: 'x86_64' },
    softwareSources: [{ id: await id('ol8'), name: 'Oracle Linux 8' }],
  });
  expect(weirs[0]!.summary).not.toBe('');
  const called = await search({ softwarePackageName: 'weir-2.0.3-4.el9_4.1.x86_64' });
  expect(called.map((p) => p.name)).toEqual(['weir-2.0.3-4.el9_4.1.x86_64']);
  const [fixed] = called;
  expect(fixed!.errata!.length).toBeGreaterThan(0);
  for (const { id, displayName } of fixed!.errata!) {
    expect(id).toMatch(/^EL[SBE]A-/);
    expect(displayName).toBe(id);
  }
  expect(fixed!.advisoryType).toBe(models.UpdateTypes.Security);
  const [byCve] = await search({ cveName: 'cve-2099-30001' });
  expect(byCve).toEqual(fixed);
  const millraces = await search({ cveName: 'CVE-2099-20001', displayName: 'doc' });
  expect(millraces.map((p) => [p.displayName, p.softwareSources!.length])).toEqual([
    ['millrace-doc', 2],
  ]);
  expect(await search({ cveName: 'CVE-1999-0001' })).toEqual([]);
});

it('Somebody sees the packages of the sources that they may read, and of no other', async () => {
  const { id, app, url } = await start();
  const { operations: o, identity } = app;
  await o.createCompartment('web', { description: '', by: 'test' });
  await identity.resources.change('source', 'ol9', { compartment: 'web' });
  await o.createUserGroup('Readers', { description: '', by: 'test' });
  await o.addUser('bob', null, { by: 'test', groups: ['Readers'] });
  const statements = ['Allow group Readers to read osms-software-sources in compartment web'];
  await o.createPolicy({
    ...{ name: 'reading', compartment: '', statements, description: '', by: 'test' },
  });
  const { token } = await o.createBearerToken({
    ...{ user: 'bob', name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const ask = async (path: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/20190801${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as Shown[] };
  };
  const found = await ask('/softwareSources/softwarePackages?displayName=riverbed');
  expect(found.status).toBe(200);
  const sources = new Set(found.body.flatMap((p) => p.softwareSources.map((s) => s.id)));
  expect([...sources]).toEqual([await id('ol9')]);
  const byCve = await ask('/softwareSources/softwarePackages?cveName=CVE-2099-20001');
  expect(byCve.body).toEqual([]);
  expect((await ask(`/softwareSources/${await id('ol9')}/softwarePackages`)).status).toBe(200);
  for (const path of ['softwarePackages', 'moduleStreams', 'streamProfiles'])
    expect((await ask(`/softwareSources/${await id('ol8')}/${path}`)).status).toBe(404);
});

interface Shown {
  name: string;
  softwareSources: { id: string }[];
}

it('A page token is good for the list that gave it, and for nothing else', async () => {
  const { client, id } = await start();
  const softwareSourceId = await id('ol8');
  const first = await client.listSoftwareSourcePackages({ softwareSourceId, limit: 1 });
  const page = first.opcNextPage;
  expect(page).toBeTruthy();
  const refused = await refusalOf(
    client.listSoftwareSourcePackages({
      ...{ softwareSourceId, page, sortBy: sdk.SortBy.Displayname },
    }),
  );
  expect(refused).toMatchObject({ status: 400, code: 'InvalidParameter' });
  for (const forged of ['x', '%00', Buffer.from('["time-",{"a":1}]').toString('base64url')]) {
    const { status } = await refusalOf(
      client.listSoftwareSourcePackages({ softwareSourceId, page: forged }),
    );
    expect(status).toBe(400);
  }
  const streams = await refusalOf(client.listModuleStreams({ softwareSourceId, page }));
  expect(streams.status).toBe(400);
});
