import { z } from 'zod';
import type { Work } from '../../fleet/run-work.ts';
import { createTurns } from '../../fleet/turns.ts';
import type { Job, JobAbout } from '../../jobs/job.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { jobListOperations } from './job-lists.ts';
import { changedSchedule, scheduleOf } from './job-schedule.ts';
import { createJobBody, createJobShapes, jobSchema, jobTag, updateJobBody } from './job-shapes.ts';
import { createJobTargetShapes } from './job-targets.ts';
import { workOf } from './job-work.ts';
import { type Call, type Operation, operation } from './operation.ts';

const of = 'job';
const type = 'osms-scheduled-jobs';
const path = '/scheduledJobs/{scheduledJobId}';

/** Jobs: work that instances get at a time, or again and again. */
export function jobOperations(deps: OsmsDeps): Operation[] {
  const { operations, identity, managed } = deps;
  const { ocids, compartments } = identity;
  const shapes = createJobShapes(deps);
  const targetShapes = createJobTargetShapes(deps);
  const inTurn = createTurns();

  const shown = async (id: number, call: Pick<Call, 'may'>) =>
    shapes.details(await operations.showJob(id), call);

  /** Does something with a job that is as the caller knows it, and with nobody else meanwhile. */
  function changing<T>(call: Call, work: (job: Job) => Promise<T>): Promise<T> {
    return inTurn(call.target.subject, async () => {
      const job = await managed.jobs.find(Number(call.target.subject));
      // It was removed since the path was looked up.
      if (!job) throw notAuthorizedOrNotFound();
      call.requireMatch(jobTag(job));
      return work(job);
    });
  }

  /** What a body says, as commands say it. */
  function aboutOf(
    body: z.output<typeof updateJobBody> & Pick<z.output<typeof createJobBody>, never>,
    before?: Job,
  ): Partial<JobAbout> & { work?: Work } {
    const { headwater = {}, displayName, description, freeformTags, definedTags } = body;
    const { timeZone, until, days, cron, window, maxAtOnce, stopAfter } = headwater;
    const { scheduleType, timeNextExecution, intervalType, intervalValue } = body;
    const said = {
      ...{ scheduleType, timeNextExecution, intervalType, intervalValue },
      ...{ timeZone, until, days, cron },
    };
    const schedule = before ? changedSchedule(said, before) : scheduleOf(said);
    const work = workOf({ ...body, work: headwater.work }, before?.work as Work | undefined);
    const rollout = Object.entries({
      ...before?.rollout,
      ...given({ window, maxAtOnce, stopAfter }),
    });
    return {
      ...given({ name: displayName, description, freeformTags, definedTags, schedule, work }),
      rollout: Object.fromEntries(rollout.filter(([, value]) => value !== null)),
    };
  }

  async function pausedAs(id: number, paused: boolean | undefined, by: string): Promise<void> {
    if (paused === undefined) return;
    const job = await managed.jobs.find(id);
    if (job && paused !== (job.state === 'paused')) {
      if (paused) await operations.pauseJob(id, { by });
      else await operations.resumeJob(id, { by });
    }
  }

  return [
    ...jobListOperations(deps),
    operation({
      id: 'createScheduledJob',
      method: 'POST',
      path: '/scheduledJobs',
      summary: 'Makes a job',
      permission: { verb: 'manage', type, of: 'compartmentOfBody' },
      body: createJobBody,
      answer: { status: 200, body: jobSchema },
      async handle(call) {
        const { body, target, caller } = call;
        if (body.osFamily === 'WINDOWS') {
          throw apiError('InvalidParameter', 'osFamily: there are no Windows instances here');
        }
        const targets = targetShapes.read({ ...body, targets: body.headwater?.targets });
        if (!targets) {
          throw apiError('MissingParameter', 'managedInstances or managedInstanceGroups: missing');
        }
        const { work, schedule, ...about } = aboutOf(body);
        await targetShapes.requireUse(call, targets, { work: work!, named: true });
        const by = caller.name;
        const { compartment } = target;
        const { id } = await operations.createJob({
          ...{ ...about, work, schedule, targets, compartment, by },
        });
        await pausedAs(id, body.headwater?.paused, by);
        const location = `${deps.publicUrl()}/20190801/scheduledJobs/${ocids.of('osmsscheduledjob', id)}`;
        return { ...(await shown(id, call)), location, made: { kind: of, subject: String(id) } };
      },
    }),
    operation({
      id: 'getScheduledJob',
      method: 'GET',
      path,
      summary: 'Says what a job does, and when',
      permission: { verb: 'read', type, of },
      answer: { status: 200, body: jobSchema },
      handle: (call) => shown(Number(call.target.subject), call),
    }),
    operation({
      id: 'updateScheduledJob',
      method: 'PUT',
      path,
      summary: 'Changes a job',
      permission: { verb: 'use', type, of },
      body: updateJobBody,
      answer: { status: 200, body: jobSchema },
      handle: (call) =>
        changing(call, async (job) => {
          const { body, caller } = call;
          const by = caller.name;
          const about = aboutOf(body, job);
          const said = targetShapes.read({ targets: body.headwater?.targets });
          await targetShapes.requireUse(call, said ?? job.targets, {
            ...{ work: about.work ?? (job.work as Work), named: said !== undefined },
          });
          await operations.changeJob(job.id, { ...about, ...(said && { targets: said }), by });
          await pausedAs(job.id, body.headwater?.paused, by);
          return shown(job.id, call);
        }),
    }),
    operation({
      id: 'deleteScheduledJob',
      method: 'DELETE',
      path,
      summary: 'Removes a job; what it has begun goes on',
      permission: { verb: 'manage', type, of },
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ id }) => {
          await operations.removeJob(id, { by: call.caller.name });
          return {};
        }),
    }),
    operation({
      id: 'changeScheduledJobCompartment',
      method: 'POST',
      path: `${path}/actions/changeCompartment`,
      summary: 'Puts a job into another compartment',
      permission: { verb: 'manage', type, of },
      body: z.object({ compartmentId: z.string().min(1) }),
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ id }) => {
          const compartment = compartments.pathOf(call.body.compartmentId);
          if (compartment === undefined) throw notAuthorizedOrNotFound();
          call.require({ verb: 'manage', type, compartment, target: call.target.ocid });
          await operations.changeJob(id, { compartment, by: call.caller.name });
          return {};
        }),
    }),
    operation({
      id: 'runScheduledJobNow',
      method: 'POST',
      path: `${path}/actions/runNow`,
      summary: 'Runs a job now; its next time stays',
      permission: { verb: 'use', type, of },
      answer: { status: 202 },
      handle: (call) =>
        changing(call, async ({ id }) => {
          const { ocid } = await operations.runJobNow(id, { by: call.caller.name });
          const job = await managed.jobs.find(id);
          return { workRequest: ocid, ...(job && { etag: jobTag(job) }) };
        }),
    }),
    operation({
      id: 'skipNextScheduledJobExecution',
      method: 'POST',
      path: `${path}/actions/skipNextExecution`,
      summary: 'Leaves out the next run of a job',
      permission: { verb: 'use', type, of },
      answer: { status: 202 },
      handle: (call) =>
        changing(call, async ({ id }) => ({
          etag: jobTag(await operations.skipNextRun(id, { by: call.caller.name })),
        })),
    }),
  ];
}

/** The members that are not undefined. */
const given = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
