import type { Log } from './base/log.ts';
import type { Instance } from './fleet/instances.ts';
import type { Runs } from './fleet/run-types.ts';
import { operationTypeOf, parseWork } from './fleet/run-work.ts';
import type { Identity } from './identity/identity.ts';
import { createJobOperations } from './job-operations.ts';
import { createJobTargets, type JobTargetDeps } from './job-targets.ts';
import { createJobs } from './jobs/jobs.ts';
import type { JobTable } from './store/state/jobs.ts';

interface Deps extends Pick<JobTargetDeps, 'instances' | 'groups'> {
  table: JobTable;
  identity: Pick<Identity, 'ocids' | 'compartments' | 'audit'>;
  /** Who carries runs out. */
  runs: Pick<Runs, 'start'>;
  /** Who knows what instances lack. */
  updates: { counts: JobTargetDeps['lacks'] };
  log: Log;
}

/** When things happen to instances: jobs, put together with whom they are for and who does it. */
export function createJobsPart({ identity, runs, updates, ...deps }: Deps) {
  const { ocids, compartments, audit } = identity;
  const targets = createJobTargets({
    ...deps,
    hasCompartment: compartments.has,
    lacks: (ids) => updates.counts(ids),
  });
  const jobs = createJobs({
    ...deps,
    now: Date.now,
    note: audit.note,
    resolveTargets: targets.resolve,
    async startRun({ job, ...request }) {
      const work = parseWork(job.work);
      return runs.start({
        ...{ work, compartment: job.compartment, job: job.id, ...request },
        operationType: operationTypeOf(work),
      });
    },
  });
  compartments.onRenamed(jobs.renamed);
  return {
    ...jobs,
    targets,

    /** How many jobs to come an instance is to do. */
    async countFor(instance: Instance): Promise<number> {
      let count = 0;
      for (const job of await jobs.list()) {
        if (job.state !== 'ended' && (await targets.include(job.targets, instance))) count++;
      }
      return count;
    },

    operations: createJobOperations({
      ...{ jobs, targets },
      ocidOf: (id) => ocids.of('osmsscheduledjob', id),
      runOcidOf: (id) => ocids.of('osmsworkrequest', id),
      requireCompartment: compartments.require,
      instance: deps.instances.get,
    }),
  };
}
