import { generateKeyPairSync } from 'node:crypto';
import {
  NoRetryConfigurationDetails,
  OciError,
  SimpleAuthenticationDetailsProvider,
} from 'oci-common';
import { models, OsManagementClient } from 'oci-osmanagement';
import { expect, it, vi } from 'vitest';
import { type Api, openApi } from './registered.ts';

const lab = 'Allow group %s to %s in compartment lab';
/** Callers, and the statements that their group has. */
const people: Record<string, string[]> = {
  owner: [lab.replace('%s to %s', 'owner to manage all-resources')],
  operator: [lab.replace('%s to %s', 'operator to use osms-family')],
  reader: [lab.replace('%s to %s', 'reader to read osms-family')],
  lister: ['Allow group lister to inspect osms-family in tenancy'],
  getter: ['Allow group getter to read osms-family in tenancy where request.operation = /Get*/'],
  mixer: [
    'Allow group mixer to use osms-managed-instances in compartment lab',
    'Allow group mixer to read osms-software-sources in tenancy',
  ],
  registrar: [],
  nobody: [],
};

interface World {
  root: string;
  lab: string;
  inner: string;
  source: string;
  rootSource: string;
  instance: string;
  rootInstance: string;
  group: string;
}

type Ask = (client: OsManagementClient, world: World) => Promise<unknown>;
const wrong = { ifMatch: '"another"' };

/** Operations, and who may do them. What would change something fails otherwise: by its if-match, or because it is nothing new. */
const table: [string, Ask, string][] = [
  [
    'listSoftwareSources in lab',
    (c, w) => c.listSoftwareSources({ compartmentId: w.lab }),
    'admin owner operator reader lister mixer',
  ],
  [
    'listSoftwareSources in the root',
    (c, w) => c.listSoftwareSources({ compartmentId: w.root }),
    'admin lister mixer',
  ],
  [
    'getSoftwareSource',
    (c, w) => c.getSoftwareSource({ softwareSourceId: w.source }),
    'admin owner operator reader getter mixer',
  ],
  [
    'getSoftwareSource of the root',
    (c, w) => c.getSoftwareSource({ softwareSourceId: w.rootSource }),
    'admin getter mixer',
  ],
  [
    'updateSoftwareSource',
    (c, w) =>
      c.updateSoftwareSource({
        softwareSourceId: w.source,
        updateSoftwareSourceDetails: { description: 'x' },
        ...wrong,
      }),
    'admin owner',
  ],
  [
    'deleteSoftwareSource',
    (c, w) => c.deleteSoftwareSource({ softwareSourceId: w.source, ...wrong }),
    'admin owner',
  ],
  [
    'createSoftwareSource in lab',
    (c, w) =>
      c.createSoftwareSource({
        createSoftwareSourceDetails: {
          compartmentId: w.lab,
          displayName: '',
          archType: models.ArchTypes.X8664,
        },
      }),
    'admin owner',
  ],
  [
    'createSoftwareSource in the root',
    (c, w) =>
      c.createSoftwareSource({
        createSoftwareSourceDetails: {
          compartmentId: w.root,
          displayName: '',
          archType: models.ArchTypes.X8664,
        },
      }),
    'admin',
  ],
  [
    'changeSoftwareSourceCompartment to the root',
    (c, w) =>
      c.changeSoftwareSourceCompartment({
        softwareSourceId: w.source,
        changeSoftwareSourceCompartmentDetails: { compartmentId: w.root },
        ...wrong,
      }),
    'admin owner',
  ],
  [
    'listManagedInstances in lab',
    (c, w) => c.listManagedInstances({ compartmentId: w.lab }),
    'admin owner operator reader lister mixer',
  ],
  [
    'listManagedInstances below lab',
    (c, w) => c.listManagedInstances({ compartmentId: w.inner }),
    'admin owner operator reader lister mixer',
  ],
  [
    'listManagedInstances in the root',
    (c, w) => c.listManagedInstances({ compartmentId: w.root }),
    'admin lister',
  ],
  [
    'getManagedInstance',
    (c, w) => c.getManagedInstance({ managedInstanceId: w.instance }),
    'admin owner operator reader getter mixer',
  ],
  [
    'getManagedInstance of the root',
    (c, w) => c.getManagedInstance({ managedInstanceId: w.rootInstance }),
    'admin getter',
  ],
  [
    'updateManagedInstance',
    (c, w) =>
      c.updateManagedInstance({
        managedInstanceId: w.instance,
        updateManagedInstanceDetails: {},
        ...wrong,
      }),
    'admin owner operator mixer',
  ],
  [
    'detachChildSoftwareSource of the root from an instance',
    (c, w) =>
      c.detachChildSoftwareSourceFromManagedInstance({
        managedInstanceId: w.instance,
        detachChildSoftwareSourceFromManagedInstanceDetails: { softwareSourceId: w.rootSource },
      }),
    'admin mixer',
  ],
  [
    'getManagedInstanceGroup',
    (c, w) => c.getManagedInstanceGroup({ managedInstanceGroupId: w.group }),
    'admin owner operator reader getter',
  ],
  [
    'updateManagedInstanceGroup',
    (c, w) =>
      c.updateManagedInstanceGroup({
        managedInstanceGroupId: w.group,
        updateManagedInstanceGroupDetails: {},
        ...wrong,
      }),
    'admin owner operator',
  ],
  [
    'deleteManagedInstanceGroup',
    (c, w) => c.deleteManagedInstanceGroup({ managedInstanceGroupId: w.group, ...wrong }),
    'admin owner',
  ],
  [
    'attachManagedInstanceToManagedInstanceGroup of the root',
    (c, w) =>
      c.attachManagedInstanceToManagedInstanceGroup({
        ...{ managedInstanceGroupId: w.group, managedInstanceId: w.rootInstance, ...wrong },
      }),
    'admin',
  ],
  [
    'listWorkRequests in lab',
    (c, w) => c.listWorkRequests({ compartmentId: w.lab }),
    'admin owner operator reader lister',
  ],
];

/** The client of a user who signs with a key of their own. */
async function clientOf(api: Api, name: string): Promise<OsManagementClient> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    ...{ modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' } },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const key = await api.operations.addApiKey(name, publicKey, { by: 'test' });
  const authenticationDetailsProvider = new SimpleAuthenticationDetailsProvider(
    ...([key.tenancy, key.userOcid, key.fingerprint, privateKey, null] as const),
  );
  const client = new OsManagementClient(
    { authenticationDetailsProvider },
    { retryConfiguration: NoRetryConfigurationDetails },
  );
  client.endpoint = api.url;
  return client;
}

async function createWorld() {
  const arch = { arch: 'x86_64', release: '8' };
  const upstream = 'http://127.0.0.1:9/';
  const api = await openApi([
    { label: 'in-lab', name: 'In lab', upstream, ...arch },
    { label: 'in-root', name: 'In root', upstream, ...arch },
  ]);
  const { identity, operations } = api;
  const world: World = {
    ...{ root: api.root, lab: await api.compartment('lab') },
    inner: await api.compartment('lab:inner'),
    ...{ source: await api.source('in-lab'), rootSource: await api.source('in-root') },
    instance: (await api.enrol({ compartment: 'lab' })).ocid,
    rootInstance: (await api.enrol()).ocid,
    group: '',
  };
  await identity.resources.change('source', 'in-lab', { compartment: 'lab' });
  await operations.createGroup('team', { by: 'test' });
  world.group = (await identity.resources.change('group', 'team', { compartment: 'lab' })).ocid;
  const clients = new Map([['admin', api.client]]);
  for (const [name, statements] of Object.entries(people)) {
    await operations.addUser(name, null, { by: 'test' });
    await operations.createUserGroup(name, { description: '', by: 'test' });
    await operations.joinUserGroup(name, [name], { by: 'test' });
    if (name === 'registrar') await operations.joinUserGroup('Registrars', [name], { by: 'test' });
    if (statements.length > 0) {
      await operations.createPolicy({
        name,
        compartment: '',
        description: '',
        statements,
        by: 'test',
      });
    }
    clients.set(name, await clientOf(api, name));
  }
  return { api, world, clients };
}

/** Whether a call was let through: it may have been refused for another reason then. */
async function isAllowed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    if (error.statusCode >= 500) throw error;
    return error.serviceCode !== 'NotAuthorizedOrNotFound';
  }
}

it('Statements say to the SDK what each caller may, of each operation', {
  timeout: 120_000,
}, async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { world, clients, api } = await createWorld();
  const found: Record<string, string> = {};
  for (const [name, ask] of table) {
    const allowed = [];
    for (const [caller, client] of clients) {
      if (await isAllowed(ask(client, world))) allowed.push(caller);
    }
    found[name] = allowed.join(' ');
  }
  expect(found).toEqual(Object.fromEntries(table.map(([name, , allowed]) => [name, allowed])));
  // Who may move something out of a compartment may not for that move it into any other.
  const move = (compartmentId: string) =>
    clients.get('owner')!.changeSoftwareSourceCompartment({
      softwareSourceId: world.source,
      changeSoftwareSourceCompartmentDetails: { compartmentId },
    });
  expect(await isAllowed(move(world.root))).toBe(false);
  expect(await isAllowed(move(world.inner))).toBe(true);
  // What nobody may see looks like what is not there, and the audit tells who asked.
  const noted = await api.operations.queryAudit({
    ...{ instance: null, event: 'api.refused', actor: 'user:nobody', since: null, limit: 100 },
  });
  expect(noted.length).toBeGreaterThan(10);
  expect(noted[0]).toMatchObject({
    address: '127.0.0.1',
    result: '404 NotAuthorizedOrNotFound',
    request_id: expect.any(String),
  });
});
