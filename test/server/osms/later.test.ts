import { expect, it } from 'vitest';
import { laterOperations } from '../../../src/server/osms/later.ts';
import { refusalOf, startApi } from './sdk.ts';

it('answers 501 to who may do what this server cannot do yet, and says what', async () => {
  const { client, register, app, root } = await startApi();
  const { resources } = app.identity;
  await app.operations.createGroup('web', { by: 'test' });
  const asked = {
    managedInstanceId: await register('web1'),
    managedInstanceGroupId: (await resources.of('group', 'web')).ocid,
    compartmentId: root,
    ...{ erratumId: 'ELSA-2024-1', softwarePackageName: 'bash' },
    ...{ moduleName: 'php', streamName: '8', profileName: 'common', timeEnd: new Date() },
    manageModuleStreamsOnManagedInstanceDetails: { isDryRun: true },
  };
  const operations = laterOperations();
  expect(operations.length).toBeGreaterThan(0);
  for (const { id } of operations) {
    const call = client[id as 'getErratum'](asked as never);
    const { status, code, message } = await refusalOf(call);
    expect([id, status, code]).toEqual([id, 501, 'NotImplemented']);
    expect(message).toContain(id);
  }
});

it('still refuses what is asked wrongly', async () => {
  const { client, register } = await startApi();
  const managedInstanceId = await register('web1');
  const missing = client.installPackageOnManagedInstance({ managedInstanceId } as never);
  expect(await refusalOf(missing)).toMatchObject({ status: 400, code: 'MissingParameter' });
  const absent = client.listManagedInstanceErrata({ managedInstanceId: 'ocid1.instance.oc1..x' });
  expect(await refusalOf(absent)).toMatchObject({ status: 404, code: 'NotAuthorizedOrNotFound' });
});
