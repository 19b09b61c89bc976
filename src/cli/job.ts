import { AppError, oneLine } from '../base/errors.ts';
import { instancesText } from '../base/units.ts';
import { monthDayOf, wallTimeOf, weekdayOf } from '../jobs/local-time.ts';
import { type Schedule, weekdays } from '../jobs/schedule.ts';
import type { JobDetails, ShownJob } from '../server/control/jobs.ts';
import type { Operations } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { type JobWords, rolloutOf, scheduleOf, targetsOf, workOf } from './job-words.ts';
import { cell, print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { countOf, idOf, whenOf } from './values.ts';

export interface JobListFlags {
  compartment?: string;
  state?: string;
  name?: string;
  instance?: string;
}

export async function createJob(
  config: Config,
  { work, name, ...words }: JobWords & { name: string; work: string[] },
  json: boolean,
): Promise<void> {
  const schedule = scheduleOf(words);
  if (!schedule) {
    throw new AppError('usage', 'it is not said when', {
      hint: 'give --now, --at, --every or --cron',
    });
  }
  const targets = targetsOf(words);
  if (!targets) {
    throw new AppError('usage', 'it is not said for whom', {
      hint: 'give --instance, --group, --in-compartment or --search',
    });
  }
  const { description, compartment } = words;
  const asked = {
    ...{ name, schedule, targets, work: await workOf(work), rollout: rolloutOf(words) },
    ...(description !== undefined && { description }),
    ...(compartment !== undefined && { compartment }),
  };
  const job = await withOperations(config, (o) => o.createJob({ ...asked, by: userName() }));
  print(json, job, () => textOf(job));
}

export async function changeJob(
  config: Config,
  id: string,
  { words: { work, ...words }, json }: { words: JobWords & { work: string[] }; json: boolean },
): Promise<void> {
  const rollout = rolloutOf(words);
  const { name, description, compartment } = words;
  const said = {
    ...{ name, description, compartment },
    ...{ schedule: scheduleOf(words), targets: targetsOf(words), work: await workOf(work) },
  };
  const isChange = Object.keys(rollout).length > 0;
  const asked = Object.fromEntries(Object.entries(said).filter(([, v]) => v !== undefined));
  if (!isChange && Object.keys(asked).length === 0) {
    throw new AppError('usage', 'nothing is said of what is to change');
  }
  const number = numberOf(id);
  const job = await withOperations(config, async (o) => {
    const before = isChange ? (await o.showJob(number)).rollout : {};
    const merged = Object.entries({ ...before, ...rollout }).filter(([, v]) => v !== null);
    const whole = isChange ? { rollout: Object.fromEntries(merged) } : {};
    return o.changeJob(number, { ...asked, ...whole, by: userName() });
  });
  print(json, job, () => textOf(job));
}

export async function listJobs(config: Config, flags: JobListFlags, json: boolean): Promise<void> {
  const { instance, state, ...filter } = flags;
  const states = ['active', 'paused', 'ended'] as const;
  const wanted = states.find((known) => known === state);
  if (state !== undefined && !wanted) {
    throw new AppError('usage', `--state ${state} is none`, { hint: 'active, paused or ended' });
  }
  const jobs = await withOperations(config, (o) =>
    o.listJobs({
      ...filter,
      ...(wanted && { state: wanted }),
      ...(instance !== undefined && { instance: idOf(instance) }),
    }),
  );
  print(json, jobs, () => {
    if (jobs.length === 0) return 'there are no jobs';
    const rows = jobs.map((job) => [
      ...[String(job.id), cell(job.name), stateOf(job), whenText(job.schedule)],
      ...[shownTime(job.nextAt), shownTime(job.lastAt), oneLine(job.does)],
    ]);
    return table([['ID', 'NAME', 'STATE', 'WHEN', 'NEXT', 'LAST', 'DOES'], ...rows]);
  });
}

export async function upcomingJobs(
  config: Config,
  { until = '7d', limit = '20' }: { until?: string; limit?: string },
  json: boolean,
): Promise<void> {
  const end = whenOf(until, 'ahead', '--until');
  const runs = await withOperations(config, (o) => o.upcomingJobs(end, countOf(limit, '--limit')));
  print(json, runs, () => {
    if (runs.length === 0) return `no job runs until ${shownTime(end)}`;
    const rows = runs.map((r) => [shownTime(r.at), String(r.job), cell(r.name), oneLine(r.does)]);
    return table([['AT', 'JOB', 'NAME', 'DOES'], ...rows]);
  });
}

type How = 'show' | 'remove' | 'run' | 'skip' | 'pause' | 'resume';

/** Does something with one job. */
export async function withJob(
  config: Config,
  { id, how }: { id: string; how: How },
  json: boolean,
): Promise<void> {
  const { value, text } = await withOperations(config, (o) => done(o, numberOf(id), how));
  print(json, value, () => text);
}

async function done(o: Operations, id: number, how: How): Promise<{ value: object; text: string }> {
  const by = { by: userName() };
  switch (how) {
    case 'show': {
      const value = await o.showJob(id);
      return { value, text: textOf(value) };
    }
    case 'remove':
      await o.removeJob(id, by);
      return { value: { removed: id }, text: `removed job ${id}; what it has begun goes on` };
    case 'run': {
      const value = await o.runJobNow(id, by);
      const about = value.message === null ? '' : `; ${value.message}`;
      const text = `job ${id} runs on ${instancesText(value.instances)}: run ${value.id}${about}`;
      return { value, text: oneLine(text) };
    }
    case 'skip': {
      const value = await o.skipNextRun(id, by);
      return { value, text: `the next run of job ${id} is left out; ${nextText(value)}` };
    }
    case 'pause':
      return { value: await o.pauseJob(id, by), text: `job ${id} is paused` };
    case 'resume': {
      const value = await o.resumeJob(id, by);
      return { value, text: `job ${id} goes on; ${nextText(value)}` };
    }
  }
}

const nextText = ({ nextAt }: ShownJob): string =>
  nextAt === null ? 'it has ended' : `it runs next at ${shownTime(nextAt)}`;

const failuresText = (count: number | undefined): string | null =>
  count === undefined ? null : count === 1 ? 'one failure' : `${count} failures`;

const stateOf = ({ state, failed }: ShownJob): string => (failed ? 'failed' : state);

function textOf(job: JobDetails): string {
  const { rollout } = job;
  const { window } = rollout;
  const facts: [string, string | null][] = [
    ['state', stateOf(job)],
    ['id', job.ocid],
    ['does', job.does],
    ['when', whenText(job.schedule)],
    ['next', job.nextAt && shownTime(job.nextAt)],
    ['last', job.lastAt && shownTime(job.lastAt)],
    [
      'window',
      window ? `${window.days?.join(',') ?? 'daily'} ${window.from}, ${window.minutes} min` : null,
    ],
    ['at once', rollout.maxAtOnce === undefined ? null : String(rollout.maxAtOnce)],
    ['stops after', failuresText(rollout.stopAfter)],
    ['for', `${targetsText(job)} (${instancesText(job.instances)} now)`],
    ['compartment', job.compartment || 'the root'],
    ['description', job.description || null],
    ['made', `${shownTime(job.createdAt)} by ${job.createdBy}`],
    ['said', job.message],
  ];
  const runs = job.runs.map((run) => [
    ...[
      String(run.id),
      shownTime(run.acceptedAt),
      run.dueAt === null ? 'by hand' : shownTime(run.dueAt),
    ],
    ...[run.status, oneLine(run.message ?? '')],
  ]);
  return [
    `job ${job.id}: ${oneLine(job.name)}`,
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${name.padEnd(13)}${oneLine(value)}`],
    ),
    ...job.remarks.map((remark) => `  note: ${oneLine(remark)}`),
    ...(runs.length === 0 ? [] : [table([['RUN', 'BEGAN', 'DUE', 'STATUS', 'MESSAGE'], ...runs])]),
  ].join('\n');
}

function targetsText({ targets }: ShownJob): string {
  const { instances, groups, compartments, search } = targets;
  const parts = [
    ...(instances.length > 0 ? [`instances ${shortened(instances.map(String))}`] : []),
    ...(groups.length > 0 ? [`groups ${shortened(groups)}`] : []),
    ...compartments.map((path) => `compartment ${path || 'the root'}`),
    ...(search
      ? [
          `search ${Object.entries(search)
            .map((pair) => pair.join('='))
            .join(',')}`,
        ]
      : []),
  ];
  return parts.length === 0 ? 'nobody that is there still' : parts.join('; ');
}

const shown = 5;

const shortened = (all: string[]): string =>
  all.length > shown
    ? `${all.slice(0, shown).join(', ')} and ${all.length - shown} more`
    : all.join(', ');

/** In the time zone's own words. */
function whenText(schedule: Schedule): string {
  if ('once' in schedule) return schedule.now ? 'once, when it was made' : 'once';
  const zone = schedule.timeZone === 'UTC' ? '' : ` ${schedule.timeZone}`;
  const until = schedule.until === undefined ? '' : `, until ${schedule.until}`;
  if ('cron' in schedule) return `cron ${schedule.cron}${zone}${until}`;
  const { every, interval } = schedule;
  const how = interval === 1 ? `every ${every}` : `every ${interval} ${every}s`;
  return `${how}${placeText(schedule)}${zone}${until}`;
}

/** Where in its period the time of a schedule is. */
function placeText(schedule: Extract<Schedule, { every: string }>): string {
  const { every, days, timeZone } = schedule;
  if (every === 'hour') return '';
  const { day, second } = wallTimeOf(Date.parse(schedule.from), timeZone);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const at = ` at ${two(second / 3600)}:${two((second / 60) % 60)}`;
  if (every === 'day') return at;
  if (every === 'month') return ` on day ${monthDayOf(day).date}${at}`;
  return ` on ${(days ?? [weekdays[weekdayOf(day)]!]).join(', ')}${at}`;
}

function numberOf(word: string): number {
  const number = /^[1-9]\d{0,14}$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new AppError('usage', `${word} is no job`, { hint: 'see `headwater job list`' });
}
