import { setTimeout as sleep } from 'node:timers/promises';
import { oneLine } from '../base/errors.ts';
import { isScript, type ScriptResult } from '../fleet/action-results.ts';
import type { Action, ActionHead } from '../store/state/actions.ts';
import { readRun, type ScriptFlags, type WhenFlags } from './action-words.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface RunFlags extends ScriptFlags, WhenFlags {
  wait?: boolean;
  json: boolean;
}

/** How often it is looked whether actions ended, in milliseconds. */
const pause = 2000;

/** Gives instances something to do. Gives the exit code: 1 if that was waited for and something was not completed. */
export async function runAction(config: Config, words: string[], flags: RunFlags): Promise<number> {
  const { instances, request } = await readRun(words, flags);
  const made = await withOperations(config, (o) => o.createActions(instances, request, userName()));
  if (!flags.wait) {
    print(flags.json, made, () => made.map(queued).join('\n'));
    return 0;
  }
  if (!flags.json) process.stderr.write(`${made.map(queued).join('\n')}\n`);
  const ended = await waitFor(config, made);
  print(flags.json, ended, () => ended.map(describedAction).join('\n\n'));
  return ended.every((a) => a.state === 'completed') ? 0 : 1;
}

const queued = (a: ActionHead) => `action ${a.id}: ${a.kind} on instance ${a.instance}, ${when(a)}`;

const when = ({ earliestAt, createdAt, prerequisite }: ActionHead) =>
  [
    earliestAt > createdAt ? `from ${shownTime(earliestAt)}` : 'at its next check-in',
    ...(prerequisite === null ? [] : [`after action ${prerequisite}`]),
  ].join(', ');

/** Asks anew each time, so that a server can come and go meanwhile. */
async function waitFor(config: Config, made: readonly ActionHead[]): Promise<Action[]> {
  const ended = new Map<number, Action>();
  while (ended.size < made.length) {
    await sleep(pause);
    await withOperations(config, async (o) => {
      for (const { id } of made) {
        if (ended.has(id)) continue;
        const action = await o.showAction(id);
        if (action.endedAt !== null) ended.set(id, action);
      }
    });
  }
  return made.map(({ id }) => ended.get(id)!);
}

export async function listActions(
  config: Config,
  instance: number,
  { limit, json }: { limit: number; json: boolean },
): Promise<void> {
  const actions = await withOperations(config, (o) => o.listActions(instance, limit));
  print(json, actions, () => {
    if (actions.length === 0) return `instance ${instance} has no actions`;
    const heads = ['ACTION', 'KIND', 'STATE', 'TRIES', 'FROM', 'ENDED', 'BY', 'MESSAGE'];
    return table([heads, ...actions.map(row)]);
  });
}

const row = (a: ActionHead): string[] => [
  String(a.id),
  a.kind,
  a.state,
  String(a.tries),
  shownTime(a.earliestAt),
  shownTime(a.endedAt),
  a.createdBy,
  oneLine(a.message ?? ''),
];

export async function showAction(config: Config, id: number, json: boolean): Promise<void> {
  const action = await withOperations(config, (o) => o.showAction(id));
  print(json, action, () => describedAction(action));
}

export async function cancelAction(config: Config, id: number, json: boolean): Promise<void> {
  const action = await withOperations(config, (o) => o.cancelAction(id, userName()));
  print(json, action, () =>
    action.tries === 0
      ? `action ${id} is cancelled`
      : `action ${id} is cancelled, but instance ${action.instance} has it already: it may still carry it out`,
  );
}

/** An action for people, with what came of it. */
export function describedAction(a: Action): string {
  const { script: text, ...wanted } = a.params as { script?: string };
  const kept = a.result as { data?: unknown; leftOut?: string[] } | null;
  const script = isScript(a.kind) ? (kept?.data as ScriptResult | undefined) : undefined;
  const facts: [string, string | null][] = [
    ['instance', String(a.instance)],
    ['state', a.state],
    ['status', a.status === null ? null : String(a.status)],
    ['message', a.message],
    ['exit', script ? exitOf(script) : null],
    ['with', JSON.stringify(wanted) === '{}' ? null : JSON.stringify(wanted)],
    ['made', `${shownTime(a.createdAt)} by ${a.createdBy}`],
    ['from', shownTime(a.earliestAt)],
    ['expires', a.expiresAt && shownTime(a.expiresAt)],
    ['after', a.prerequisite === null ? null : `action ${a.prerequisite}`],
    ['handed out', a.pickedUpAt && `${a.tries}×, last ${shownTime(a.pickedUpAt)}`],
    ['ended', a.endedAt && shownTime(a.endedAt)],
    ['not applicable', kept?.leftOut?.join(', ') ?? null],
    ['data', kept?.data !== undefined && !script ? JSON.stringify(kept.data) : null],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === null ? [] : [`  ${name.padEnd(15)}${oneLine(value)}`],
  );
  return [
    `action ${a.id}: ${a.kind}`,
    ...lines,
    ...(text === undefined ? [] : ['  script', ...indented(text)]),
    ...(script ? outputOf(script) : []),
  ].join('\n');
}

function exitOf({ exitCode, signal }: ScriptResult): string | null {
  if (signal !== null) return `ended by signal ${signal}`;
  return exitCode === null ? null : String(exitCode);
}

function outputOf({ output, outputBytes, outputCut }: ScriptResult): string[] {
  if (output === '') return ['  output         none'];
  const cut = outputCut ? [`  (cut: it wrote ${outputBytes} bytes)`] : [];
  return [
    '  output',
    ...output
      .trimEnd()
      .split('\n')
      .map((line) => `    ${oneLine(line)}`),
    ...cut,
  ];
}

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${oneLine(line)}`);
