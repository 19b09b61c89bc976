import { AppError } from './base/errors.ts';
import type { Instance } from './fleet/instances.ts';
import { packageOf } from './fleet/package-words.ts';
import { parseWork, saidOfWork, stepsOf, type Work } from './fleet/run-work.ts';
import type { JobTargets } from './job-targets.ts';
import type { Job, JobAbout } from './jobs/job.ts';
import type { Jobs } from './jobs/jobs.ts';
import { targetsSchema } from './jobs/targets.ts';
import type { JobDetails, JobOperations, ShownJob } from './server/control/jobs.ts';

interface Deps {
  jobs: Jobs;
  targets: JobTargets;
  ocidOf(id: number): string;
  runOcidOf(id: number): string;
  /** Throws AppError 'not_found' where there is no compartment of that path. */
  requireCompartment(path: string): unknown;
  instance(id: number): Promise<Instance | undefined>;
}

const shownRuns = 50;

/** The operations on jobs. */
export function createJobOperations({ jobs, targets, ...deps }: Deps): JobOperations {
  const shown = (job: Job): ShownJob => ({
    ...job,
    ocid: deps.ocidOf(job.id),
    does: saidOfWork(job.work as Work),
  });

  async function details(job: Job): Promise<JobDetails> {
    const { instances, missing } = await targets.resolve(job.targets);
    const gone = [...job.targets.gone, ...missing];
    const runs = await jobs.runs(job.id, shownRuns);
    const others = await contradictions(job, new Set(instances));
    return {
      ...shown(job),
      instances: instances.length,
      remarks: [
        ...gone.map((what) => `${what} is no more`),
        ...(instances.length === 0 ? ['it is for no instance, as things are'] : []),
        ...others.map(({ remark }) => remark),
      ],
      contradictions: others,
      runs: runs.map((run) => ({ ...run, ocid: deps.runOcidOf(run.id) })),
    };
  }

  /** Jobs to come that install what this one removes, or remove what it installs, on the same instances. */
  async function contradictions(job: Job, its: ReadonlySet<number>) {
    const said: JobDetails['contradictions'] = [];
    if (job.state === 'ended') return said;
    const mine = packagesOf(job.work as Work);
    for (const other of await jobs.open()) {
      if (other.id === job.id) continue;
      const theirs = packagesOf(other.work as Work);
      const removed = mine.installed.find((name) => theirs.removed.includes(name));
      const installed = mine.removed.find((name) => theirs.installed.includes(name));
      if (removed === undefined && installed === undefined) continue;
      const { instances } = await targets.resolve(other.targets);
      const common = instances.filter((id) => its.has(id)).length;
      if (common === 0) continue;
      const does = removed === undefined ? `installs ${installed}` : `removes ${removed}`;
      const remark = `job ${other.id} (${other.name}) ${does} on ${common} of the same instances: the later one counts`;
      said.push({ job: other.id, compartment: other.compartment, remark });
    }
    return said;
  }

  /** Checks what others than jobs know about. Throws AppErrors. */
  async function checked(about: Partial<JobAbout>): Promise<{ work?: Work }> {
    const { compartment, targets: given } = about;
    if (compartment !== undefined) deps.requireCompartment(compartment);
    if (given !== undefined) await requireTargets(given);
    return about.work === undefined ? {} : { work: parseWork(about.work) };
  }

  /** What is named is there when it is named: a name that is wrong would be left out at each run, or be another's later. */
  async function requireTargets(given: unknown): Promise<void> {
    const parsed = targetsSchema.safeParse(given);
    // What is no targets at all is refused with the rest of the job.
    if (!parsed.success) return;
    const { search, ...named } = parsed.data;
    const { group, compartment } = search ?? {};
    const { missing } = await targets.resolve({
      ...named,
      groups: [...named.groups, ...(group === undefined ? [] : [group])],
      compartments: [...named.compartments, ...(compartment === undefined ? [] : [compartment])],
    });
    const [first] = missing;
    if (first === undefined) return;
    throw new AppError('not_found', `there is no ${first}`, {
      hint: '`headwater instance list`, `group list` and `compartment list` show what there is',
    });
  }

  return {
    async createJob({ by, ...about }) {
      const work = parseWork(about.work);
      const { name = saidOfWork(work), compartment = '' } = about;
      await checked({ compartment, targets: about.targets });
      const said = { description: '', freeformTags: {}, definedTags: {}, rollout: {}, ...about };
      return details(await jobs.create({ ...said, name, compartment, work }, by));
    },
    changeJob: async (id, { by, ...about }) =>
      details(await jobs.change(id, { ...about, ...(await checked(about)) }, by)),
    async listJobs({ compartment = '', state, name, instance }) {
      const of = instance === undefined ? undefined : await deps.instance(instance);
      const found: ShownJob[] = [];
      for (const job of await jobs.list()) {
        const isWanted =
          (compartment === '' || `${job.compartment}:`.startsWith(`${compartment}:`)) &&
          (state === undefined || job.state === state) &&
          (name === undefined || job.name.includes(name)) &&
          (instance === undefined || (of && (await targets.include(job.targets, of))));
        if (isWanted) found.push(shown(job));
      }
      return found;
    },
    showJob: async (id) => details(await jobs.require(id)),
    removeJob: (id, { by }) => jobs.remove(id, by),
    runJobNow: (id, { by }) => jobs.runNow(id, by),
    skipNextRun: async (id, { by }) => shown(await jobs.skip(id, by)),
    pauseJob: async (id, { by }) => shown(await jobs.pause(id, by)),
    resumeJob: async (id, { by }) => shown(await jobs.resume(id, by)),
    async upcomingJobs(until, most) {
      const found = await jobs.upcoming(Date.parse(until), most);
      return found.map(({ job, at }) => ({
        ...{ job: job.id, name: job.name, compartment: job.compartment },
        ...{ does: shown(job).does, at },
      }));
    },
  };
}

function packagesOf(work: Work): { installed: string[]; removed: string[] } {
  const named = (...kinds: string[]) =>
    stepsOf(work).flatMap((step) =>
      'packages' in step && kinds.includes(step.kind)
        ? step.packages.map((text) => packageOf(text).name)
        : [],
    );
  return { installed: named('install', 'update'), removed: named('remove') };
}
