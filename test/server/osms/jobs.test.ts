import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { type Api, openApi } from './registered.ts';

const state = { statusCode: 409, serviceCode: 'IncorrectState' };
const absent = { statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' };
const wrong = { statusCode: 400, serviceCode: 'InvalidParameter' };
const missing = { statusCode: 400, serviceCode: 'MissingParameter' };

const day = 86_400_000;
/** A time to come, to the second. */
const ahead = (ms: number) => new Date(Math.floor((Date.now() + ms) / 1000) * 1000);

/** What a client says of a job, with what the SDK's model has no members for. */
type Details = Partial<models.CreateScheduledJobDetails> & { headwater?: object };

async function create(api: Api, about: Details = {}) {
  return api.client.createScheduledJob({
    createScheduledJobDetails: {
      ...{ compartmentId: api.root, displayName: 'Patch night' },
      ...{ scheduleType: models.ScheduleTypes.Recurring, timeNextExecution: ahead(day) },
      ...{ intervalType: models.IntervalTypes.Week, intervalValue: '2' },
      ...{ operationType: models.OperationTypes.Updateall },
      ...about,
    } as models.CreateScheduledJobDetails,
  });
}

const on = (...ids: string[]) => ({ managedInstances: ids.map((id) => ({ id, displayName: id })) });
const update = (api: Api, scheduledJobId: string, about: object, ifMatch?: string) =>
  api.client.updateScheduledJob({
    ...{ scheduledJobId, updateScheduledJobDetails: about },
    ...(ifMatch !== undefined && { ifMatch }),
  });

it('A job is made, shown, changed where it is as its etag says, and removed', async () => {
  const api = await openApi();
  const { client } = api;
  const web = await api.enrol({ name: 'web1' });
  const timeNextExecution = ahead(day);
  const tags = { freeformTags: { for: 'all' }, definedTags: { team: { size: 3 } } };
  const made = await create(api, {
    ...{ ...on(web.ocid), ...tags, timeNextExecution, description: 'what is seen' },
    updateType: models.PackageUpdateTypes.Security,
  });
  const { id } = made.scheduledJob;
  expect(id).toMatch(/^ocid1\.osmsscheduledjob\.oc1\.\.[a-z2-7]{60}$/);
  expect(made.scheduledJob).toMatchObject({
    ...{ id, displayName: 'Patch night', description: 'what is seen', ...tags },
    ...{ compartmentId: api.root, scheduleType: 'RECURRING' },
    timeNextExecution: timeNextExecution.toISOString(),
    ...{ intervalType: 'WEEK', intervalValue: '2', operationType: 'UPDATEALL' },
    ...{ updateType: 'SECURITY', lifecycleState: 'ACTIVE', isRestricted: false, osFamily: 'LINUX' },
    ...{ managedInstances: [{ id: web.ocid, displayName: 'web1' }], managedInstanceGroups: [] },
    workRequests: [],
  });
  expect(made.scheduledJob.timeLastExecution).toBeUndefined();
  expect(made.location).toBe(`${api.app.publicUrl()}/20190801/scheduledJobs/${id}`);
  const got = await client.getScheduledJob({ scheduledJobId: id });
  expect(got.scheduledJob).toEqual(made.scheduledJob);
  expect(got.etag).toBe(made.etag);
  const { managedInstance } = await client.getManagedInstance({ managedInstanceId: web.ocid });
  expect(managedInstance.scheduledJobCount).toBe(1);
  const changed = await update(
    api,
    id,
    { displayName: 'Patch day', intervalValue: '3', freeformTags: {} },
    got.etag,
  );
  expect(changed.scheduledJob).toMatchObject({
    ...{ displayName: 'Patch day', description: 'what is seen', intervalValue: '3' },
    ...{ intervalType: 'WEEK', updateType: 'SECURITY', freeformTags: {} },
    ...{ definedTags: tags.definedTags, timeNextExecution: timeNextExecution.toISOString() },
  });
  const late = { statusCode: 412, serviceCode: 'NoEtagMatch' };
  await expect(update(api, id, { displayName: 'Late' }, got.etag)).rejects.toMatchObject(late);
  const remove = (ifMatch: string) => client.deleteScheduledJob({ scheduledJobId: id, ifMatch });
  await expect(remove(got.etag)).rejects.toMatchObject(late);
  await remove(changed.etag);
  await expect(client.getScheduledJob({ scheduledJobId: id })).rejects.toMatchObject(absent);
  expect((await client.listScheduledJobs({ compartmentId: api.root })).items).toEqual([]);
});

it('What is shown of when a job runs changes nothing when it is said back', async () => {
  const api = await openApi();
  const web = await api.enrol({ name: 'web1' });
  const first = new Date('2024-01-31T03:00:00Z');
  const made = await create(api, {
    ...{ ...on(web.ocid), timeNextExecution: first, intervalType: models.IntervalTypes.Month },
    intervalValue: '1',
    headwater: { window: { from: '22:00', minutes: 60 } },
  });
  const { id, scheduleType, timeNextExecution, intervalType, intervalValue } = made.scheduledJob;
  expect(timeNextExecution).not.toEqual(first);
  const shown = { scheduleType, timeNextExecution, intervalType, intervalValue };
  const schedule = async () => (await api.managed.jobs.list())[0]!.schedule;
  const again = await update(api, id, { ...shown, displayName: 'Patch day' });
  expect(await schedule()).toMatchObject({ every: 'month', from: '2024-01-31T03:00:00.000Z' });
  expect(again.scheduledJob).toMatchObject({ displayName: 'Patch day', timeNextExecution });
  // What is said besides counts from the time that is named.
  await update(api, id, { ...shown, intervalType: models.IntervalTypes.Week });
  expect(await schedule()).toMatchObject({ every: 'week', from: timeNextExecution });
});

it('All operations of the API can be scheduled, and are said back', async () => {
  const api = await openApi();
  const { ocid } = await api.enrol();
  const { OperationTypes } = models;
  const names = (...all: string[]) => ({ packageNames: all.map((name) => ({ name })) });
  for (const [operationType, about, work] of [
    [OperationTypes.Install, names('tmux'), { kind: 'install', packages: ['tmux'] }],
    [OperationTypes.Update, names('vim', 'bash.x86_64'), { kind: 'update' }],
    [OperationTypes.Remove, names('nano'), { kind: 'remove', packages: ['nano'] }],
    [OperationTypes.Updateall, {}, { kind: 'updateAll', kinds: 'all' }],
    [OperationTypes.Updateall, { updateType: 'BUGFIX' }, { kinds: ['bugfix'] }],
    [
      OperationTypes.Enablemodulestream,
      names('php:8.2'),
      { kind: 'modules', enable: [{ module: 'php', stream: '8.2' }] },
    ],
    [OperationTypes.Disablemodulestream, names('php'), { disable: [{ module: 'php' }] }],
    [OperationTypes.Switchmodulestream, names('php:8.2'), { kind: 'modules' }],
    [
      OperationTypes.Installmodulestreamprofile,
      names('php:8.2/common'),
      { install: [{ module: 'php', stream: '8.2', profile: 'common' }] },
    ],
    [OperationTypes.Removemodulestreamprofile, names('php:8.2/common'), { kind: 'modules' }],
    [
      OperationTypes.Compound,
      { headwater: { work: { kind: 'steps', steps: [{ kind: 'reboot' }] } } },
      { kind: 'steps' },
    ],
    [OperationTypes.Compound, { headwater: { work: { kind: 'reboot' } } }, { kind: 'reboot' }],
  ] as const) {
    const said = { operationType, ...on(ocid), ...(about as Details) };
    const { scheduledJob } = await create(api, said);
    const what = JSON.stringify([operationType, about]);
    expect(scheduledJob.operationType, what).toBe(operationType);
    expect(scheduledJob.packageNames, what).toEqual(said.packageNames);
    expect((scheduledJob as { headwater?: object }).headwater, what).toMatchObject({ work });
  }
});

it('What cannot be a job is refused, and nothing is made', async () => {
  const api = await openApi();
  const { ocid } = await api.enrol();
  const once = { scheduleType: 'ONETIME', intervalType: undefined, intervalValue: undefined };
  const install = { operationType: 'INSTALL' };
  const groups = { managedInstanceGroups: [{ id: 'ocid1.osmsmanagedinstancegroup.oc1..x' }] };
  for (const [about, error] of [
    [{ displayName: ' ' }, wrong],
    [{ displayName: undefined }, missing],
    [{ compartmentId: 'ocid1.compartment.oc1..none' }, absent],
    [{ osFamily: 'WINDOWS' }, wrong],
    [{ managedInstances: undefined }, missing],
    [{ managedInstances: [] }, wrong],
    [{ ...on('ocid1.instance.oc1..x') }, absent],
    [{ ...on('1234567') }, absent],
    [{ managedInstances: [], ...groups }, absent],
    [groups, wrong],
    [{ scheduleType: 'NEVER' }, wrong],
    [{ intervalType: 'YEAR' }, wrong],
    [{ intervalType: undefined }, missing],
    [{ intervalValue: '0' }, wrong],
    [{ intervalValue: '-1' }, wrong],
    [{ intervalValue: 'two' }, wrong],
    [{ scheduleType: 'ONETIME' }, wrong],
    [{ ...once, timeNextExecution: ahead(-day) }, wrong],
    [{ timeNextExecution: undefined }, missing],
    [{ headwater: { until: ahead(-day) }, timeNextExecution: ahead(-2 * day) }, wrong],
    [{ headwater: { timeZone: 'Mars/Olympus' } }, wrong],
    [{ headwater: { cron: '0 0 30 2 *' } }, wrong],
    [{ headwater: { window: { from: '3', minutes: 5 } } }, wrong],
    [{ headwater: { maxAtOnce: '0%' } }, wrong],
    [{ headwater: { stopAfter: 0 } }, wrong],
    [{ headwater: { nonsense: true } }, wrong],
    [{ headwater: { work: { kind: 'reboot' } } }, wrong],
    [{ headwater: { targets: { compartments: ['ocid1.compartment.oc1..x'] } } }, absent],
    [{ operationType: 'COMPOUND' }, missing],
    [install, missing],
    [{ ...install, packageNames: [] }, missing],
    [{ ...install, packageNames: [{ name: 'no package' }] }, wrong],
    [{ ...install, packageNames: [{ name: 'bash' }], updateType: 'SECURITY' }, wrong],
    [{ updateNames: ['KB1'] }, wrong],
    [{ updateType: 'LARGE' }, wrong],
    [{ freeformTags: { a: 1 } }, wrong],
  ] as const) {
    const said = { ...on(ocid), ...(about as unknown as Details) };
    await expect(create(api, said), JSON.stringify(about)).rejects.toMatchObject(error);
  }
  expect(await api.operations.listJobs({})).toEqual([]);
});

it('What the model has no members for can be said as well, and taken out', async () => {
  const api = await openApi();
  const one = await api.enrol({ name: 'web1' });
  await api.operations.createGroup('web', { by: 'test' });
  const team = await api.compartment('team');
  const group = (await api.identity.resources.of('group', 'web')).ocid;
  const targets = {
    ...{ instances: [one.ocid], groups: [group], compartments: [team] },
    search: { release: '8', compartment: team },
  };
  const headwater = {
    ...{ timeZone: 'Europe/Berlin', window: { days: ['sat'], from: '22:00', minutes: 120 } },
    ...{ maxAtOnce: '25%', stopAfter: 3, days: ['mon', 'sat'], targets },
  };
  const { scheduledJob } = await create(api, { headwater });
  const shown = (job: models.ScheduledJob) => (job as { headwater?: object }).headwater;
  expect(shown(scheduledJob)).toMatchObject({ ...headwater, paused: false, instances: 1 });
  expect(scheduledJob.managedInstanceGroups).toEqual([{ id: group, displayName: 'web' }]);
  const next = new Date(scheduledJob.timeNextExecution!);
  const { weekday, hour } = Object.fromEntries(
    new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: 'Europe/Berlin', weekday: 'short', hour: 'numeric', hourCycle: 'h23' },
    })
      .formatToParts(next)
      .map(({ type, value }) => [type, value]),
  );
  expect(weekday).toMatch(/Sat|Sun/);
  expect(Number(hour) >= 22 || Number(hour) === 0 || weekday === 'Sat').toBe(true);
  const paused = await update(api, scheduledJob.id, {
    headwater: { window: null, stopAfter: null, paused: true, targets: { groups: [group] } },
  });
  expect(shown(paused.scheduledJob)).toMatchObject({
    ...{ paused: true, maxAtOnce: '25%', timeZone: 'Europe/Berlin', instances: 0 },
    ...{
      targets: { instances: [], groups: [group] },
      remarks: [expect.stringContaining('no inst')],
    },
  });
  expect(shown(paused.scheduledJob)).not.toHaveProperty('window');
  expect(paused.scheduledJob.timeNextExecution).toBeUndefined();
  expect(paused.scheduledJob.lifecycleState).toBe('ACTIVE');
  const cron = { cron: '0 3 * * 2#2', paused: false };
  const resumed = await update(api, scheduledJob.id, { headwater: cron });
  expect(shown(resumed.scheduledJob)).toMatchObject({ cron: '0 3 * * 2#2', paused: false });
  expect(new Date(resumed.scheduledJob.timeNextExecution!).getUTCDate()).toBeGreaterThan(7);
  expect(resumed.scheduledJob.intervalType).toBeUndefined();
});

it('Jobs of a compartment are listed in pages, in any order, and narrowed down', async () => {
  const api = await openApi();
  const { client } = api;
  const compartmentId = await api.compartment('production');
  const one = await api.enrol({ name: 'web1' });
  const two = await api.enrol({ name: 'web2' });
  await api.operations.createGroup('web', { by: 'test' });
  await api.operations.joinGroup('web', [two.id], { by: 'test' });
  const group = (await api.identity.resources.of('group', 'web')).ocid;
  const grouped = { managedInstanceGroups: [{ id: group, displayName: 'web' }] };
  const install = { operationType: models.OperationTypes.Install };
  for (const [i, displayName] of ['c', 'a', 'b', 'd'].entries()) {
    const timeNextExecution = ahead((i + 1) * day);
    const whom = displayName === 'b' ? grouped : on(one.ocid);
    const what = displayName === 'd' ? { ...install, packageNames: [{ name: 'tmux' }] } : {};
    const freeformTags: Record<string, string> = displayName === 'a' ? { night: 'yes' } : {};
    await create(api, {
      compartmentId,
      displayName,
      timeNextExecution,
      ...whom,
      ...what,
      freeformTags,
    });
    // In another millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await create(api, { displayName: 'root', ...on(one.ocid) });
  const list = async (about: object = {}) => {
    const names: string[] = [];
    const request = { compartmentId, limit: 3, ...about };
    for await (const { displayName } of client.listAllScheduledJobs(request))
      names.push(displayName);
    return names.join('');
  };
  expect(await list()).toBe('dbac');
  expect(await list({ sortOrder: 'ASC' })).toBe('cabd');
  expect(await list({ sortBy: 'DISPLAYNAME' })).toBe('abcd');
  expect(await list({ displayName: 'a' })).toBe('a');
  expect(await list({ operationType: 'INSTALL' })).toBe('d');
  expect(await list({ managedInstanceId: one.ocid })).toBe('dac');
  expect(await list({ managedInstanceId: two.ocid })).toBe('b');
  expect(await list({ managedInstanceGroupId: group })).toBe('b');
  expect(await list({ lifecycleState: 'ACTIVE', osFamily: 'LINUX' })).toBe('dbac');
  expect(await list({ lifecycleState: 'DELETED' })).toBe('');
  expect(await list({ osFamily: 'WINDOWS' })).toBe('');
  expect(await list({ isRestricted: true })).toBe('');
  const upcoming = async (about: object = {}) => {
    const request = { compartmentId, timeEnd: ahead(3.5 * day), ...about };
    const { items } = await client.listUpcomingScheduledJobs(request);
    return items.map(({ displayName }) => displayName).join('');
  };
  expect(await upcoming()).toBe('bac');
  expect(await upcoming({ tagName: 'night', tagValue: 'yes' })).toBe('a');
  expect(await upcoming({ tagName: 'night', tagValue: 'no' })).toBe('');
  expect(await upcoming({ timeEnd: ahead(day / 2) })).toBe('');
});

it('A next run is left out, and a job moves to another compartment', async () => {
  const api = await openApi();
  const { client } = api;
  const { ocid } = await api.enrol();
  const team = await api.compartment('team');
  const timeNextExecution = ahead(day);
  const { scheduledJob, etag } = await create(api, { ...on(ocid), timeNextExecution });
  const scheduledJobId = scheduledJob.id;
  const skipped = await client.skipNextScheduledJobExecution({ scheduledJobId, ifMatch: etag });
  const after = await client.getScheduledJob({ scheduledJobId });
  expect(after.etag).toBe(skipped.etag);
  expect(after.scheduledJob.timeNextExecution).toEqual(
    new Date(timeNextExecution.getTime() + 14 * day).toISOString(),
  );
  const again = client.skipNextScheduledJobExecution({ scheduledJobId, ifMatch: etag });
  await expect(again).rejects.toMatchObject({ statusCode: 412 });
  await client.changeScheduledJobCompartment({
    ...{ scheduledJobId, changeScheduledJobCompartmentDetails: { compartmentId: team } },
  });
  const { items } = await client.listScheduledJobs({ compartmentId: team });
  expect(items.map(({ id }) => id)).toEqual([scheduledJobId]);
  // It is in use.
  await expect(api.operations.removeCompartment('team', { by: 'test' })).rejects.toMatchObject({
    message: 'the compartment team has 1 job',
  });
  await api.operations.pauseJob(1, { by: 'test' });
  const paused = client.skipNextScheduledJobExecution({ scheduledJobId });
  await expect(paused).rejects.toMatchObject(state);
  // One that has ended is kept where the compartment was.
  await api.operations.resumeJob(1, { by: 'test' });
  await api.operations.changeJob(1, { schedule: { now: true }, by: 'test' });
  await api.operations.removeCompartment('team', { by: 'test' });
  const { scheduledJob: kept } = await client.getScheduledJob({ scheduledJobId });
  expect(kept).toMatchObject({ compartmentId: api.root, lifecycleState: 'DELETED' });
});

it('Who makes a job has to be allowed to do what it does', async () => {
  const api = await openApi();
  await api.compartment('team');
  const mine = await api.enrol({ name: 'mine', compartment: 'team' });
  const other = await api.enrol({ name: 'other' });
  await api.operations.createGroup('web', { by: 'test' });
  const group = (await api.identity.resources.of('group', 'web')).ocid;
  const client = await api.as(
    'ada',
    'allow group ada to manage osms-scheduled-jobs in tenancy',
    'allow group ada to use osms-managed-instances in compartment team',
  );
  const as = { ...api, client };
  const { scheduledJob } = await create(as, on(mine.ocid));
  const team = api.identity.compartments.ocidOf('team');
  const search = (compartment?: string) => ({
    headwater: { targets: { search: { tag: 'x', ...(compartment && { compartment }) } } },
  });
  const script = { kind: 'script', script: '#!/bin/sh\nid\n' };
  const compound = { operationType: models.OperationTypes.Compound };
  for (const about of [
    on(mine.ocid, other.ocid),
    { managedInstanceGroups: [{ id: group, displayName: 'web' }] },
    { headwater: { targets: { compartments: [api.root] } } },
    search(),
    // A script does anything.
    { ...on(mine.ocid), ...compound, headwater: { work: script } },
  ]) {
    await expect(create(as, about), JSON.stringify(about)).rejects.toMatchObject(absent);
  }
  await create(as, search(team));
  await create(as, { headwater: { targets: { compartments: [team] } } });
  // Nor may who changes it have somebody else do it.
  const theirs = (await create(api, on(other.ocid))).scheduledJob;
  const { id } = scheduledJob;
  await expect(update(as, theirs.id, { updateType: 'BUGFIX' })).rejects.toMatchObject(absent);
  const targets = { instances: [other.ocid] };
  await expect(update(as, id, { headwater: { targets } })).rejects.toMatchObject(absent);
  await update(as, id, { updateType: 'BUGFIX' });
  // What the caller may not see is not told.
  const { scheduledJob: seen } = await client.getScheduledJob({ scheduledJobId: theirs.id });
  expect(seen.managedInstances).toEqual([]);
});

it('A request that is sent again with its token makes one job', async () => {
  const api = await openApi();
  const { ocid } = await api.enrol();
  const details = {
    ...{ compartmentId: api.root, displayName: 'Once', timeNextExecution: ahead(day) },
    ...{ scheduleType: models.ScheduleTypes.Onetime, ...on(ocid) },
    operationType: models.OperationTypes.Updateall,
  };
  const request = { createScheduledJobDetails: details, opcRetryToken: 'token-1' };
  const first = await api.client.createScheduledJob(request);
  const again = await api.client.createScheduledJob(request);
  expect(again.scheduledJob).toEqual(first.scheduledJob);
  expect(first.scheduledJob.intervalType).toBeUndefined();
  expect(await api.operations.listJobs({})).toHaveLength(1);
});

it('A job that is run makes a work request with a child for each instance', async () => {
  const api = await openApi();
  const { client } = api;
  const ids = [await api.enrol({ name: 'a' }), await api.enrol({ name: 'b' })].map((i) => i.ocid);
  const { scheduledJob } = await create(api, {
    ...on(...ids),
    ...{ operationType: models.OperationTypes.Compound, headwater: { work: { kind: 'reboot' } } },
  });
  const scheduledJobId = scheduledJob.id;
  const answer = await client.runScheduledJobNow({ scheduledJobId });
  expect(answer.etag).toMatch(/^"/);
  const after = (await client.getScheduledJob({ scheduledJobId })).scheduledJob;
  expect(after.timeNextExecution).toBe(scheduledJob.timeNextExecution);
  expect(after.workRequests).toHaveLength(1);
  const workRequestId = after.workRequests![0]!.id;
  const { workRequest } = await client.getWorkRequest({ workRequestId });
  expect(workRequest).toMatchObject({ description: 'Patch night', compartmentId: api.root });
  expect(workRequest.childrenIds).toHaveLength(2);
  const child = await client.getWorkRequest({ workRequestId: workRequest.childrenIds![0]! });
  expect(child.workRequest).toMatchObject({
    ...{ parentId: workRequestId, managedInstanceId: { id: ids[0], displayName: 'a' } },
  });
  // Who is at it still is not asked again.
  await client.runScheduledJobNow({ scheduledJobId });
  const { runs, message } = await api.operations.showJob(1);
  expect(runs).toHaveLength(2);
  expect(runs[0]).toMatchObject({ status: 'SUCCEEDED', dueAt: null });
  expect(message).toContain('left out, as they are at an earlier run still: 2 of them');
});

it('A job does not mean a group or compartment that gets the name of one that was removed, be the server killed meanwhile', async () => {
  const api = await openApi();
  const { operations, managed, identity } = api;
  const by = 'test';
  await operations.createGroup('web', { by });
  await api.compartment('team');
  const job = await operations.createJob({
    ...{ schedule: { cron: '0 3 * * *' }, work: { kind: 'reboot' }, by },
    targets: { groups: ['web'], compartments: ['team'] },
  });
  // As far as it goes before the jobs are looked at.
  await managed.groups.remove('web', by);
  await identity.compartments.remove('team', by);
  await operations.createGroup('web', { by });
  await operations.createCompartment('team', { description: '', by });
  expect((await operations.showJob(job.id)).targets).toMatchObject({
    ...{ groups: [], compartments: [], gone: ['group web', 'compartment team'] },
  });
});

it('A job for a group without members runs, does nothing and has succeeded', async () => {
  const api = await openApi();
  const { operations } = api;
  await operations.createGroup('web', { by: 'test' });
  const job = await operations.createJob({
    ...{ schedule: { now: true }, work: { kind: 'reboot' }, targets: { groups: ['web'] } },
    by: 'test',
  });
  expect(job).toMatchObject({
    ...{ name: 'reboot', state: 'ended', failed: false, instances: 0 },
    message: 'there was nothing to do: no instance is left',
    ...{ remarks: ['it is for no instance, as things are'], runs: [{ status: 'SUCCEEDED' }] },
  });
  // One that has its name later is another.
  await operations.removeGroup('web', { by: 'test' });
  await operations.createGroup('web', { by: 'test' });
  const { id } = await api.enrol();
  await operations.joinGroup('web', [id], { by: 'test' });
  expect(await operations.showJob(job.id)).toMatchObject({
    ...{ instances: 0, remarks: ['group web is no more', expect.any(String)] },
  });
  expect((await operations.runJobNow(job.id, { by: 'test' })).message).toBe(
    'there was nothing to do: no instance is left; left out, as they are no more: group web',
  );
});

it('Two jobs that contradict each other both say so', async () => {
  const { operations, enrol } = await openApi();
  const { id } = await enrol();
  const about = { schedule: { once: ahead(day).toISOString() }, by: 'test' };
  const targets = { instances: [id] };
  const packages = ['tmux'];
  const first = { name: 'clean', work: { kind: 'remove', packages }, targets };
  expect((await operations.createJob({ ...about, ...first })).remarks).toEqual([]);
  const work = { kind: 'steps', steps: [{ kind: 'install', packages: ['tmux.x86_64'] }] };
  const second = await operations.createJob({ ...about, name: 'tools', work, targets });
  expect(second.remarks).toEqual([
    'job 1 (clean) removes tmux on 1 of the same instances: the later one counts',
  ]);
  expect((await operations.showJob(1)).remarks).toEqual([
    'job 2 (tools) installs tmux on 1 of the same instances: the later one counts',
  ]);
  await operations.pauseJob(1, { by: 'test' });
  expect((await operations.showJob(2)).remarks).toHaveLength(1);
  await operations.removeJob(1, { by: 'test' });
  expect((await operations.showJob(2)).remarks).toEqual([]);
});
