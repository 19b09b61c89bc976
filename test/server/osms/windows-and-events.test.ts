import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { allOf, refusalOf, startApi } from './sdk.ts';

const absent = { status: 404, code: 'NotAuthorizedOrNotFound' };

it('has no updates of Windows, and says so to who would install some', async () => {
  const { client, register, root } = await startApi();
  const managedInstanceId = await register('web1');
  expect(await allOf(client.listAllWindowsUpdates({ compartmentId: root, limit: 5 }))).toEqual([]);
  const eligible = models.IsEligibleForInstallation.Installable;
  const available = await client.listAvailableWindowsUpdatesForManagedInstance({
    ...{ managedInstanceId, isEligibleForInstallation: eligible, displayName: 'KB1' },
  });
  expect(available.items).toEqual([]);
  const installed = client.listAllWindowsUpdatesInstalledOnManagedInstance({ managedInstanceId });
  expect(await allOf(installed)).toEqual([]);
  expect(await refusalOf(client.getWindowsUpdate({ windowsUpdate: 'KB1' }))).toMatchObject(absent);
  const refused = { status: 400, code: 'InvalidParameter', message: /no Windows instances/ };
  for (const refusal of [
    await refusalOf(
      client.installWindowsUpdateOnManagedInstance({ managedInstanceId, windowsUpdateName: 'KB1' }),
    ),
    await refusalOf(client.installAllWindowsUpdatesOnManagedInstance({ managedInstanceId })),
  ]) {
    expect(refusal).toMatchObject({ ...refused, message: expect.stringMatching(refused.message) });
  }
});

it('has no events', async () => {
  const { events, register, root: compartmentId } = await startApi();
  const managedInstanceId = await register('web1');
  const of = { managedInstanceId, compartmentId };
  const latestTimestampLessThan = new Date();
  const listed = await events.listEvents({ ...of, latestTimestampLessThan });
  expect(listed.eventCollection.items).toEqual([]);
  const related = { compartmentId, eventFingerprint: 'abc', latestTimestampLessThan };
  expect((await events.listRelatedEvents(related)).relatedEventCollection.items).toEqual([]);
  expect((await events.getEventReport(of)).eventReport).toEqual({ count: 0 });
  const one = { ...of, eventId: 'e1' };
  expect(await refusalOf(events.getEvent(one))).toMatchObject(absent);
  expect(await refusalOf(events.getEventContent(one))).toMatchObject(absent);
  expect(await refusalOf(events.deleteEventContent(one))).toMatchObject(absent);
  expect(await refusalOf(events.uploadEventContent(one))).toMatchObject(absent);
  const changed = { ...one, updateEventDetails: { freeformTags: { a: 'b' } } };
  expect(await refusalOf(events.updateEvent(changed))).toMatchObject(absent);
});

it('answers for an instance that there is not as for one that is forbidden', async () => {
  const { client, events, root: compartmentId } = await startApi();
  const managedInstanceId = 'ocid1.instance.oc1..none';
  const listed = client.listAvailableWindowsUpdatesForManagedInstance({ managedInstanceId });
  expect(await refusalOf(listed)).toMatchObject(absent);
  const installed = client.installAllWindowsUpdatesOnManagedInstance({ managedInstanceId });
  expect(await refusalOf(installed)).toMatchObject(absent);
  const happened = events.listEvents({ managedInstanceId, compartmentId });
  expect(await refusalOf(happened)).toMatchObject(absent);
});
