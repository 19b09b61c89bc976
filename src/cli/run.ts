import { AppError, oneLine } from '../base/errors.ts';
import { instancesText } from '../base/units.ts';
import type { Outcome, PackageChanges, Run, RunChild } from '../fleet/run-types.ts';
import type { ShownRun } from '../server/control/runs.ts';
import { describedAction } from './action.ts';
import type { Config } from './config.ts';
import { cell, print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { countOf, idOf } from './values.ts';

const outcomes: readonly string[] = [
  ...['waiting', 'queued', 'picked_up', 'done'],
  ...['failed', 'timed_out', 'unknown', 'cancelled'],
];

export async function listRuns(
  config: Config,
  flags: { open?: boolean; instance?: string; job?: string; limit?: string; json: boolean },
): Promise<void> {
  const { open, instance, job, limit = '50', json } = flags;
  const filter = {
    ...(open && { open }),
    ...(instance !== undefined && { instance: idOf(instance) }),
    ...(job !== undefined && { job: countOf(job, '--job') }),
    limit: countOf(limit, '--limit'),
  };
  const runs = await withOperations(config, (o) => o.listRuns(filter));
  print(json, runs, () => {
    if (runs.length === 0) return 'there are no such runs';
    const heads = ['RUN', 'WHAT', 'ON', 'STATUS', 'DONE', 'FAILED', 'BEGUN', 'ENDED', 'BY'];
    return table([heads, ...runs.map(row)]);
  });
}

const row = (run: Run): string[] => [
  String(run.id),
  cell(run.description),
  run.instance === undefined ? instancesText(run.counts.total) : String(run.instance),
  run.status,
  `${run.counts.done}/${run.counts.total}`,
  String(run.counts.failed + run.counts.timed_out + run.counts.unknown),
  shownTime(run.acceptedAt),
  shownTime(run.finishedAt),
  run.by,
];

export async function showRun(
  config: Config,
  number: string,
  { outcome, limit = '50', json }: { outcome?: string; limit?: string; json: boolean },
): Promise<void> {
  if (outcome !== undefined && !outcomes.includes(outcome)) {
    throw new AppError('usage', `there is no outcome ${outcome}`, {
      hint: `there are ${outcomes.join(', ')}`,
    });
  }
  const id = countOf(number, 'run');
  const page = {
    limit: countOf(limit, '--limit'),
    ...(outcome !== undefined && { outcome: outcome as Outcome }),
  };
  const { run, children } = await withOperations(config, async (o) => ({
    run: await o.showRun(id),
    children: await o.listRunChildren(id, page),
  }));
  print(json, { ...run, children }, () => describedRun(run, children));
}

export async function cancelRun(config: Config, number: string, json: boolean): Promise<void> {
  const id = countOf(number, 'run');
  const run = await withOperations(config, (o) => o.cancelRun(id, { by: userName() }));
  print(json, run, () => {
    const { picked_up: at } = run.counts;
    const said = at === 0 ? '' : `; ${at === 1 ? 'one instance is' : `${at} instances are`} at it`;
    return `run ${id} is ${run.status === 'CANCELED' ? 'cancelled' : 'being cancelled'}${said}`;
  });
}

/** A run for people, with some of its children. */
export function describedRun(run: ShownRun, children: readonly RunChild[]): string {
  const { counts, rollout, details } = run;
  const facts: [string, string | null][] = [
    ['instance', run.instance === undefined ? null : String(run.instance)],
    ['part of', run.parent === null ? null : `run ${run.parent}`],
    ['job', run.job === null ? null : String(run.job)],
    ['status', `${run.status}, ${run.percent}%`],
    ['message', run.message],
    ['instances', run.instance === undefined ? saidOf(counts) : null],
    ['at once', rollout.maxAtOnce === undefined ? null : String(rollout.maxAtOnce)],
    ['stops after', rollout.stopAfter === undefined ? null : `${rollout.stopAfter} failures`],
    ['until', rollout.until === undefined ? null : shownTime(rollout.until)],
    ['asked for', `${shownTime(run.acceptedAt)} by ${run.by}`],
    ['begun', run.startedAt && shownTime(run.startedAt)],
    ['ended', run.finishedAt && shownTime(run.finishedAt)],
    ...(details?.changes ? factsOf(details.changes) : []),
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === null ? [] : [`  ${name.padEnd(15)}${oneLine(value)}`],
  );
  const head = `run ${run.id}: ${oneLine(run.description)}`;
  const actions = details?.actions.map((action) => describedAction(action)) ?? [];
  const shown = children.length === 0 ? [] : [tableOf(children)];
  const rest = counts.total - children.length;
  const more =
    children.length > 0 && rest > 0 ? [`and ${rest} more: --limit, --outcome or --json`] : [];
  return [[head, ...lines].join('\n'), ...actions, ...shown, ...more].join('\n\n');
}

function saidOf(counts: Run['counts']): string {
  const { total, ...each } = counts;
  const said = Object.entries(each).flatMap(([name, count]) =>
    count === 0 ? [] : [`${count} ${name.replace('_', ' ')}`],
  );
  return `${total}: ${said.join(', ') || 'none'}`;
}

function factsOf({ installed, removed, changed, more }: PackageChanges): [string, string | null][] {
  const list = (all: readonly string[]) => (all.length === 0 ? null : all.join(', '));
  return [
    ['installed', list(installed)],
    ['changed', list(changed.map(({ name, from, to }) => `${name} ${from} → ${to}`))],
    ['removed', list(removed)],
    ['left out', more === 0 ? null : `${more} more packages`],
  ];
}

const tableOf = (children: readonly RunChild[]): string =>
  table([
    ['INSTANCE', 'NAME', 'OUTCOME', 'RUN', 'BEGUN', 'ENDED', 'MESSAGE'],
    ...children.map((child) => [
      String(child.instance),
      oneLine(child.name),
      child.outcome.replace('_', ' '),
      String(child.id),
      shownTime(child.startedAt),
      shownTime(child.finishedAt),
      oneLine(child.message ?? ''),
    ]),
  ]);
