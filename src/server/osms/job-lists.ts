import { z } from 'zod';
import type { Work } from '../../fleet/run-work.ts';
import type { Job } from '../../jobs/job.ts';
import type { OsmsDeps } from './door.ts';
import { createJobShapes, jobSummarySchema, lifecycleOf } from './job-shapes.ts';
import { jobTypeOf } from './job-work.ts';
import { instanceId } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';
import { timeSchema } from './times.ts';

const type = 'osms-scheduled-jobs';

const narrowing = {
  compartmentId: z.string(),
  displayName: z.string().optional(),
  lifecycleState: z
    .enum(['CREATING', 'UPDATING', 'ACTIVE', 'DELETING', 'DELETED', 'FAILED'])
    .optional(),
  osFamily: z.enum(['LINUX', 'WINDOWS', 'ALL']).optional(),
  ...pageQuery,
};

/** Lists of jobs. */
export function jobListOperations(deps: OsmsDeps): Operation[] {
  const { identity, managed } = deps;
  const { ocids } = identity;
  const shapes = createJobShapes(deps);

  /** Those of a compartment that a query asks for. */
  async function wanted({ query, target }: Call<Record<string, unknown>>): Promise<Job[]> {
    const { displayName, lifecycleState, osFamily = 'ALL' } = query;
    if (osFamily === 'WINDOWS') return [];
    return (await managed.jobs.list()).filter(
      (job) =>
        job.compartment === target.compartment &&
        (displayName === undefined || job.name === displayName) &&
        (lifecycleState === undefined || lifecycleOf(job) === lifecycleState),
    );
  }

  async function page(jobs: Job[], call: Call<z.output<z.ZodObject<typeof pageQuery>>>) {
    const { items, nextPage } = listed(jobs, call.query, {
      by: { TIMECREATED: (job) => job.createdAt, DISPLAYNAME: (job) => job.name },
      usually: 'TIMECREATED',
      id: (job) => job.id,
    });
    const body = await Promise.all(items.map((job) => shapes.summary(job, call)));
    return { body, ...(nextPage && { nextPage }) };
  }

  return [
    operation({
      id: 'listScheduledJobs',
      method: 'GET',
      path: '/scheduledJobs',
      summary: 'Lists the jobs of a compartment',
      permission: { verb: 'inspect', type, of: 'compartmentOfQuery' },
      query: z.object({
        ...narrowing,
        managedInstanceId: z.string().optional(),
        managedInstanceGroupId: z.string().optional(),
        operationType: z.string().optional(),
        isRestricted: z.enum(['true', 'false']).optional(),
      }),
      answer: { status: 200, body: z.array(jobSummarySchema) },
      async handle(call) {
        const { managedInstanceId, managedInstanceGroupId, operationType, isRestricted } =
          call.query;
        if (isRestricted === 'true') return { body: [] };
        let jobs = await wanted(call);
        if (operationType !== undefined) {
          jobs = jobs.filter((job) => jobTypeOf(job.work as Work) === operationType);
        }
        if (managedInstanceGroupId !== undefined) {
          const group = identity.resources.byOcid('group', managedInstanceGroupId);
          const isSeen = group && mayInspect(call, 'osms-managed-instance-groups', group);
          jobs = isSeen ? jobs.filter((job) => job.targets.groups.includes(group.subject)) : [];
        }
        if (managedInstanceId === undefined) return page(jobs, call);
        const id = /^[1-9]\d{0,14}$/.test(managedInstanceId)
          ? Number(managedInstanceId)
          : ocids.read('instance', managedInstanceId);
        const instance = id === undefined ? undefined : await managed.instances.get(id);
        if (!instance) return { body: [] };
        const compartment = instance.compartment ?? '';
        const about = { compartment, ocid: instanceId(ocids, instance.id) };
        const its: Job[] = [];
        for (const job of mayInspect(call, 'osms-managed-instances', about) ? jobs : []) {
          if (await managed.jobs.targets.include(job.targets, instance)) its.push(job);
        }
        return page(its, call);
      },
    }),
    operation({
      id: 'listUpcomingScheduledJobs',
      method: 'GET',
      path: '/scheduledJobs/upcomingSchedules',
      summary: 'Lists the jobs that will run until a time',
      permission: { verb: 'inspect', type, of: 'compartmentOfQuery' },
      query: z.object({
        ...{ ...narrowing, timeEnd: timeSchema },
        tagName: z.string().optional(),
        tagValue: z.string().optional(),
      }),
      answer: { status: 200, body: z.array(jobSummarySchema) },
      async handle(call) {
        const { timeEnd, tagName, tagValue } = call.query;
        const jobs = (await wanted(call)).filter(
          ({ nextAt, freeformTags }) =>
            nextAt !== null &&
            nextAt <= timeEnd &&
            (tagName === undefined || Object.hasOwn(freeformTags, tagName)) &&
            (tagValue === undefined ||
              (tagName === undefined
                ? Object.values(freeformTags).includes(tagValue)
                : freeformTags[tagName] === tagValue)),
        );
        return page(jobs, call);
      },
    }),
  ];
}

/** Nobody learns from a list of jobs about what they may not see. */
const mayInspect = (
  { may }: Pick<Call, 'may'>,
  kind: 'osms-managed-instances' | 'osms-managed-instance-groups',
  { compartment, ocid: target }: { compartment: string; ocid: string },
): boolean => may({ verb: 'inspect', type: kind, compartment, target });
