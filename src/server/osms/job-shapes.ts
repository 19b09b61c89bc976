import { z } from 'zod';
import type { Work } from '../../fleet/run-work.ts';
import type { Job } from '../../jobs/job.ts';
import { windowSchema } from '../../jobs/window.ts';
import type { JobDetails } from '../control/jobs.ts';
import type { OsmsDeps } from './door.ts';
import { etagOf } from './etag.ts';
import { idSchema, osFamilySchema } from './instance-shapes.ts';
import { jobScheduleShape, shownSchedule } from './job-schedule.ts';
import { createJobTargetShapes, headwaterTargetsSchema, jobTargetShape } from './job-targets.ts';
import { jobOperationTypes, jobWorkShape, shownWork } from './job-work.ts';
import { displayNameSchema, timeOf } from './names.ts';
import type { Call } from './operation.ts';
import { tagsShape } from './tags.ts';
import { timeSchema } from './times.ts';

/** What the API's model has no members for. Where a job is changed, null takes one out. */
const headwaterSchema = z
  .strictObject({
    timeZone: z.string().nullish(),
    until: timeSchema.nullish(),
    days: z.array(z.string()).nullish(),
    cron: z.string().nullish(),
    window: windowSchema.nullish(),
    maxAtOnce: z.union([z.number(), z.string()]).nullish(),
    stopAfter: z.number().nullish(),
    paused: z.boolean().optional(),
    work: z.looseObject({ kind: z.string() }).optional(),
    targets: headwaterTargetsSchema.optional(),
  })
  .describe(
    'What the model has no members for: the time zone and the end of what recurs, days of weekly jobs, a cron pattern in place of ' +
      'an interval, a maintenance window, how many instances are at it at once, after how many failures it stops, what is done ' +
      'and for whom in the form of commands. A name that is left out stays as it is; null takes it out.',
  );

export const jobSummarySchema = z.object({
  ...{ id: z.string(), displayName: z.string(), compartmentId: z.string() },
  scheduleType: z.enum(['ONETIME', 'RECURRING']),
  timeNextExecution: z.iso.datetime().optional(),
  timeLastExecution: z.iso.datetime().optional(),
  managedInstances: z.array(idSchema),
  managedInstanceGroups: z.array(idSchema),
  operationType: z.enum(jobOperationTypes),
  lifecycleState: z.enum(['ACTIVE', 'DELETED', 'FAILED']),
  ...tagsShape,
  osFamily: osFamilySchema,
  isRestricted: z.boolean(),
});

export const jobSchema = jobSummarySchema.extend({
  description: z.string().optional(),
  intervalType: z.string().optional(),
  intervalValue: z.string().optional(),
  updateType: z.string().optional(),
  packageNames: z.array(z.object({ name: z.string() })).optional(),
  workRequests: z.array(idSchema),
  headwater: z.looseObject({ paused: z.boolean() }),
});

const saidShape = {
  displayName: displayNameSchema,
  description: z.string().max(1000).optional(),
  ...{ ...jobScheduleShape, ...jobWorkShape, ...tagsShape },
  headwater: headwaterSchema.optional(),
};

export const createJobBody = z.object({
  ...{ ...saidShape, ...jobTargetShape, compartmentId: z.string() },
  scheduleType: jobScheduleShape.scheduleType.unwrap(),
  timeNextExecution: timeSchema,
  operationType: jobWorkShape.operationType.unwrap(),
  osFamily: osFamilySchema.optional(),
});
export const updateJobBody = z.object(saidShape).partial();

/** The etag of a job: of what clients can set on it, and of when it is due. */
export function jobTag(job: Job): string {
  const { name, description, compartment, freeformTags, definedTags } = job;
  const { schedule, work, targets, rollout, state, nextAt } = job;
  const said = { name, description, compartment, freeformTags, definedTags };
  return etagOf({ ...said, schedule, work, targets, rollout, state, nextAt });
}

/** One that has ended is shown as removed, or failed where it could not be run. */
export const lifecycleOf = ({ state, failed }: Job): 'ACTIVE' | 'DELETED' | 'FAILED' =>
  state !== 'ended' ? 'ACTIVE' : failed ? 'FAILED' : 'DELETED';

/** How the API shows jobs. */
export function createJobShapes(deps: OsmsDeps) {
  const { ocids, compartments } = deps.identity;
  const targetShapes = createJobTargetShapes(deps);

  async function summary(job: Job, call: Pick<Call, 'may'>) {
    const { managedInstances, managedInstanceGroups } = await targetShapes.shown(job.targets, call);
    return {
      ...{ id: ocids.of('osmsscheduledjob', job.id), displayName: job.name },
      compartmentId: compartments.ocidOf(job.compartment),
      scheduleType: 'once' in job.schedule ? ('ONETIME' as const) : ('RECURRING' as const),
      timeNextExecution: timeOf(job.nextAt),
      timeLastExecution: timeOf(job.lastAt),
      ...{ managedInstances, managedInstanceGroups },
      operationType: shownWork(job.work as Work).operationType!,
      lifecycleState: lifecycleOf(job),
      ...{ freeformTags: job.freeformTags, definedTags: job.definedTags },
      ...{ osFamily: 'LINUX' as const, isRestricted: false },
    };
  }

  return {
    summary,

    async details(job: JobDetails, call: Pick<Call, 'may'>) {
      const schedule = shownSchedule(job.schedule);
      const { timeZone, until, days, cron, intervalType, intervalValue } = schedule;
      const { updateType, packageNames } = shownWork(job.work as Work);
      const { targets } = await targetShapes.shown(job.targets, call);
      const { state, message, instances } = job;
      // Those of the other jobs that the caller may see.
      const wish = { verb: 'inspect', type: 'osms-scheduled-jobs' } as const;
      const hidden = job.contradictions.flatMap(({ job: id, compartment, remark }) =>
        call.may({ ...wish, compartment, target: ocids.of('osmsscheduledjob', id) }) ? [] : remark,
      );
      const remarks = job.remarks.filter((remark) => !hidden.includes(remark));
      const body = {
        ...(await summary(job, call)),
        description: job.description || undefined,
        ...{ intervalType, intervalValue: intervalValue && String(intervalValue) },
        ...{ updateType, packageNames },
        workRequests: job.runs.map(({ ocid, acceptedAt, status }) => ({
          ...{ id: ocid, displayName: `${job.name}, ${acceptedAt}, ${status}` },
        })),
        headwater: {
          ...{ timeZone, until, days, cron, ...job.rollout },
          ...{ paused: state === 'paused', work: job.work, targets },
          ...{ message: message ?? undefined, remarks, instances },
        },
      };
      return { body, etag: jobTag(job) };
    },
  };
}
