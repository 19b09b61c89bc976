import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { instancesText } from '../base/units.ts';
import { updateKinds } from '../base/update-kinds.ts';
import type { Run } from '../fleet/run-types.ts';
import type { ShownRun } from '../server/control/runs.ts';
import type { Config } from './config.ts';
import { moduleStep } from './job-words.ts';
import { print } from './output.ts';
import { describedRun } from './run.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';
import { countOf, durationOf, idOf, whenOf } from './values.ts';

export interface WorkFlags {
  atOnce?: string;
  stopAfter?: string;
  until?: string;
  description?: string;
  wait?: boolean;
  security?: boolean;
  bugfix?: boolean;
  enhancement?: boolean;
  ksplice?: boolean;
  other?: boolean;
  user?: string;
  runGroup?: string;
  timeout?: string;
  dryRun?: boolean;
  json: boolean;
}

interface Asked {
  of: 'instance' | 'group';
  what: string;
  words: readonly string[];
}

/** How often it is looked whether a run ended, in milliseconds. */
const pause = 2000;

/** Gives instances work. Gives the exit code: 1 if that was waited for and something was not done. */
export async function workCommand(
  config: Config,
  { of, what, words }: Asked,
  flags: WorkFlags,
): Promise<number> {
  const { whom, rest } = of === 'group' ? ofGroup(words) : ofInstances(words);
  const request = {
    ...{ ...whom, work: await workOf(what, rest, flags), by: userName() },
    description: flags.description ?? null,
    rollout: {
      maxAtOnce: flags.atOnce ?? null,
      stopAfter: flags.stopAfter === undefined ? null : countOf(flags.stopAfter, '--stop-after'),
      until: flags.until === undefined ? null : whenOf(flags.until, 'ahead', '--until'),
    },
  };
  const run = await withOperations(config, (o) => o.startWork(request));
  if (!flags.wait) {
    print(flags.json, run, () => begun(run));
    return 0;
  }
  if (!flags.json) process.stderr.write(`${begun(run)}\n`);
  const ended = await ending(config, run.id);
  print(flags.json, ended, () => describedRun(ended, []));
  return exitCodeOf(ended);
}

/** A run in which none failed has succeeded; where parts of it were taken back alone not all is done. */
export const exitCodeOf = ({ status, counts }: Pick<Run, 'status' | 'counts'>): number =>
  status === 'SUCCEEDED' && counts.cancelled === 0 ? 0 : 1;

function begun({ id, description, instance, counts, message }: Run): string {
  if (instance === undefined && counts.total === 0) return `run ${id}: ${message}`;
  const whom = instance === undefined ? instancesText(counts.total) : `instance ${instance}`;
  return `run ${id}: ${description}, on ${whom}, at ${instance === undefined ? 'their' : 'its'} next check-in`;
}

/** Asks anew each time, so that a server can come and go meanwhile. */
async function ending(config: Config, id: number): Promise<ShownRun> {
  for (;;) {
    const run = await withOperations(config, (o) => o.showRun(id));
    if (run.finishedAt !== null) return run;
    await sleep(pause);
  }
}

function ofGroup([group, ...rest]: readonly string[]) {
  return { whom: { instances: null, group: group! }, rest };
}

function ofInstances(words: readonly string[]) {
  const found = words.findIndex((word) => !/^(?:ID-)?\d+$/.test(word));
  const first = found < 0 ? words.length : found;
  if (first === 0) {
    throw new AppError('usage', `no instance is named before ${words[0]}`, {
      hint: '`headwater instance list` lists them with their numbers',
    });
  }
  const instances = words.slice(0, first).map(idOf);
  return { whom: { instances, group: null }, rest: words.slice(first) };
}

async function workOf(what: string, words: readonly string[], flags: WorkFlags): Promise<unknown> {
  if (what === 'reboot') {
    if (words.length > 0) throw new AppError('usage', `nothing comes after that: ${words[0]}`);
    return { kind: 'reboot' };
  }
  if (what === 'script') return scriptOf(words, flags);
  if (what === 'modules') return { ...moduleStep(words), ...(flags.dryRun && { dryRun: true }) };
  if (what !== 'update') return { kind: what, packages: some(words, 'no package is named') };
  const kinds = updateKinds.filter((kind) => flags[kind]);
  if (words.length === 0) return { kind: 'updateAll', kinds: kinds.length > 0 ? kinds : 'all' };
  if (kinds.length === 0) return { kind: 'update', packages: words };
  throw new AppError('usage', `give packages, or --${kinds[0]}, not both`);
}

async function scriptOf(words: readonly string[], flags: WorkFlags): Promise<unknown> {
  const [file, more] = words;
  if (file === undefined || more !== undefined) {
    throw new AppError('usage', 'give one file with the script, or - for what comes in');
  }
  const { user, runGroup, timeout } = flags;
  const script = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: unknown) => {
      throw new AppError('usage', `${file} cannot be read`, { cause: error });
    },
  );
  const ms = timeout === undefined ? undefined : durationOf(timeout, '--timeout');
  return {
    ...{ kind: 'script', script },
    ...(user !== undefined && { user }),
    ...(runGroup !== undefined && { group: runGroup }),
    ...(ms !== undefined && { timeoutSeconds: Math.max(1, Math.floor(ms / 1000)) }),
  };
}

function some(words: readonly string[], otherwise: string): string[] {
  if (words.length > 0) return [...words];
  throw new AppError('usage', otherwise);
}
