import { expect, it } from 'vitest';
import { refusalOf, startApi } from './sdk.ts';

it('refuses work that is asked for wrongly, or about what is not there', async () => {
  const { client, register } = await startApi();
  const managedInstanceId = await register('web1');
  const missing = client.installPackageOnManagedInstance({ managedInstanceId } as never);
  expect(await refusalOf(missing)).toMatchObject({ status: 400, code: 'MissingParameter' });
  const absent = client.listManagedInstanceErrata({ managedInstanceId: 'ocid1.instance.oc1..x' });
  expect(await refusalOf(absent)).toMatchObject({ status: 404, code: 'NotAuthorizedOrNotFound' });
});
