import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { type Api, openApi } from './registered.ts';

const day = 86_400_000;
const ahead = () => new Date(Math.floor((Date.now() + day) / 1000) * 1000);

const job = (api: Api, compartmentId: string, about: object) =>
  api.client.createScheduledJob({
    createScheduledJobDetails: {
      ...{ compartmentId, displayName: 'nightly', timeNextExecution: ahead() },
      scheduleType: models.ScheduleTypes.Onetime,
      operationType: models.OperationTypes.Install,
      packageNames: [{ name: 'tmux' }],
      ...about,
    },
  });
const on = (ocid: string) => ({ managedInstances: [{ id: ocid, displayName: ocid }] });

it('The errors of a run name whoever did not do it, of those that the caller may see', async () => {
  const api = await openApi();
  const { operations } = api;
  await api.compartment('team');
  const by = 'test';
  const mine = await api.enrol({ name: 'mine', compartment: 'team' });
  const other = await api.enrol({ name: 'other' });
  await operations.createGroup('web', { compartment: 'team', by });
  await operations.joinGroup('web', [mine.id, other.id], { by });
  const until = new Date(Date.now() + 500).toISOString();
  const run = await operations.startWork({
    ...{ work: { kind: 'reboot' }, instances: null, group: 'web', rollout: { until }, by },
  });
  const isOver = async () => {
    await api.managed.actions.prune();
    await api.managed.runs.tick();
    return (await operations.showRun(run.id)).status;
  };
  await expect.poll(isOver, { timeout: 15_000 }).toBe('FAILED');
  const errorsFor = async (client: Api['client']) => {
    const { items } = await client.listWorkRequestErrors({ workRequestId: run.ocid });
    return items.map(({ message }) => message.split(':')[0]).sort();
  };
  expect((await operations.showRun(run.id)).counts).toMatchObject({ timed_out: 2 });
  expect(await errorsFor(api.client)).toEqual(['mine', 'other']);
  const one = await api.as(
    'team',
    'Allow group team to read osms-work-requests in compartment team',
  );
  expect(await errorsFor(one)).toEqual(['mine']);
});

it('A job says of others only to whom may see those that they contradict it', async () => {
  const api = await openApi();
  const { enrol, root } = api;
  const team = await api.compartment('team');
  const { ocid } = await enrol({ compartment: 'team' });
  await job(api, root, { ...on(ocid), operationType: models.OperationTypes.Remove });
  const { scheduledJob } = await job(api, team, { ...on(ocid), displayName: 'tools' });
  const remarksFor = async (client: Api['client']) => {
    const got = await client.getScheduledJob({ scheduledJobId: scheduledJob.id });
    return (got.scheduledJob as unknown as { headwater: { remarks: string[] } }).headwater.remarks;
  };
  expect(await remarksFor(api.client)).toEqual([expect.stringContaining('nightly')]);
  const scope = 'osms-scheduled-jobs in compartment team';
  expect(await remarksFor(await api.as('team', `Allow group team to read ${scope}`))).toEqual([]);
});

it('Jobs are not found by instances and groups that the caller may not see', async () => {
  const api = await openApi();
  const team = await api.compartment('team');
  const { ocid } = await api.enrol();
  await api.operations.createGroup('web', { by: 'test' });
  const group = (await api.identity.resources.of('group', 'web')).ocid;
  await job(api, team, { managedInstanceGroups: [{ id: group, displayName: 'web' }] });
  await job(api, team, on(ocid));
  const jobs = 'Allow group NAME to inspect osms-scheduled-jobs in compartment team';
  const one = await api.as('one', jobs.replace('NAME', 'one'));
  const all = await api.as(
    ...(['all', jobs.replace('NAME', 'all')] as const),
    'Allow group all to inspect osms-managed-instances in tenancy',
    'Allow group all to inspect osms-managed-instance-groups in tenancy',
  );
  for (const of of [{ managedInstanceId: ocid }, { managedInstanceGroupId: group }]) {
    const found = async (client: Api['client']) =>
      (await client.listScheduledJobs({ compartmentId: team, ...of })).items.length;
    expect([await found(one), await found(all)], Object.keys(of)[0]).toEqual([0, 1]);
  }
});
