import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { AppError } from '../base/errors.ts';
import { timeOf } from '../base/filters.ts';
import { milliseconds } from '../base/units.ts';
import { instantOf, isTimeZone } from '../jobs/local-time.ts';
import { idOf } from './values.ts';

/** What is said of a job on the command line. */
export interface JobWords {
  name?: string;
  description?: string;
  compartment?: string;
  instance?: string[];
  group?: string[];
  inCompartment?: string[];
  search?: string;
  now?: boolean;
  at?: string;
  every?: string;
  from?: string;
  days?: string;
  cron?: string;
  timeZone?: string;
  until?: string;
  window?: string;
  atOnce?: string;
  stopAfter?: string;
}

type Step = Record<string, unknown>;

const moduleVerbs = ['enable', 'disable', 'switch', 'install', 'remove'];

/** The work that words say; steps have `then` between them. Undefined where there are none. Throws AppError 'usage'. */
export async function workOf(words: readonly string[]): Promise<Step | undefined> {
  if (words.length === 0) return undefined;
  const steps: Step[] = [];
  for (const part of parted(words)) steps.push(await stepOf(part));
  return steps.length === 1 ? steps[0]! : { kind: 'steps', steps };
}

function parted(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === 'then') parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts;
}

async function stepOf([kind, ...rest]: string[]): Promise<Step> {
  switch (kind) {
    case 'install':
    case 'update':
    case 'remove':
      return { kind, packages: rest };
    case 'update-all':
      return { kind: 'updateAll', kinds: rest.length === 0 ? 'all' : rest };
    case 'module':
      return moduleStep(rest);
    case 'reboot':
      return { kind, ...extra(rest) };
    case 'script': {
      const [file = '', ...others] = rest;
      extra(others);
      if (file === '') throw new AppError('usage', 'no file with the script is named');
      const script = file === '-' ? await textOf(process.stdin) : await contentOf(file);
      return { kind, script };
    }
    default:
      throw new AppError('usage', `${kind ?? 'nothing'} is not what instances can do`, {
        hint: 'install, update, remove, update-all, module, reboot or script',
      });
  }
}

/** Words that a step has no use for. */
function extra([word]: string[]): object {
  if (word === undefined) return {};
  throw new AppError('usage', `${word} is too much`);
}

async function contentOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause) => {
    throw new AppError('usage', `${file} cannot be read`, { cause });
  });
}

/** What is done with modules: what, then `NAME[:STREAM][/PROFILE]`. Throws AppError 'usage'. */
export function moduleStep([verb = '', ...specs]: readonly string[]): Step {
  if (!moduleVerbs.includes(verb) || specs.length === 0) {
    throw new AppError('usage', 'it is not said what to do with which module', {
      hint: `module ${moduleVerbs.join('|')} NAME[:STREAM][/PROFILE]…`,
    });
  }
  return { kind: 'modules', [verb]: specs.map(moduleOf) };
}

function moduleOf(text: string): Step {
  const match = /^([^:/]+)(?::([^/]+))?(?:\/(.+))?$/.exec(text);
  if (!match) throw new AppError('usage', `${text} is no module: write NAME:STREAM/PROFILE`);
  const [, module, stream, profile] = match;
  return { module, ...(stream && { stream }), ...(profile && { profile }) };
}

/** The schedule that options say; undefined where they say none. Throws AppError 'usage'. */
export function scheduleOf(words: JobWords): Record<string, unknown> | undefined {
  const { now, at, every, cron, from, days, until, timeZone = 'UTC' } = words;
  const ways = [now, at, every, cron].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw new AppError('usage', '--now, --at, --every and --cron exclude one another');
  }
  if (!isTimeZone(timeZone)) {
    throw new AppError('usage', `--time-zone ${timeZone} is none`, {
      hint: 'such as Europe/Berlin',
    });
  }
  if (ways.length === 0) {
    const other = [from, days, until, words.timeZone].some((word) => word !== undefined);
    if (!other) return undefined;
    throw new AppError('usage', 'it is not said how often', { hint: 'give --every or --cron' });
  }
  if (now) return { now: true, timeZone };
  if (at !== undefined) return { once: timeIn(at, timeZone, '--at'), timeZone };
  const rest = {
    ...{ timeZone, ...(until !== undefined && { until: timeIn(until, timeZone, '--until') }) },
    ...(from !== undefined && { from: timeIn(from, timeZone, '--from') }),
  };
  if (cron !== undefined) return { cron, ...rest };
  const [, count = '1', unit] = /^(?:(\d{1,4})\s*)?(hour|day|week|month)s?$/.exec(every!) ?? [];
  if (unit === undefined) {
    throw new AppError('usage', `--every ${every} is no interval`, {
      hint: 'write hour, "6 hours", day, week, "2 weeks", month',
    });
  }
  return {
    ...{ from: new Date().toISOString(), ...rest, every: unit, interval: Number(count) },
    ...(days !== undefined && { days: days.split(',') }),
  };
}

/** A time that is written with its zone or for clocks of one, or how long it is from now (RFC 3339). */
function timeIn(text: string, timeZone: string, option: string): string {
  const span = milliseconds(text);
  if (span !== undefined) return new Date(Date.now() + span).toISOString();
  const time = timeOf(text);
  if (time === undefined) {
    throw new AppError('usage', `${option} ${text} is no time`, {
      hint: 'write 2026-12-01T03:00, 2026-12-01T03:00:00Z or 2h',
    });
  }
  if (/([zZ]|[+-]\d\d:\d\d)$/.test(text)) return time;
  const at = Date.parse(time);
  const day = Math.floor(at / 86_400_000);
  const second = Math.floor((at - day * 86_400_000) / 1000);
  return new Date(instantOf({ day, second }, timeZone)).toISOString();
}

/** Whom a job is for; undefined where options say nothing of it. */
export function targetsOf(words: JobWords): Record<string, unknown> | undefined {
  const { instance, group, inCompartment, search } = words;
  if (![instance, group, inCompartment, search].some((word) => word !== undefined)) {
    return undefined;
  }
  return {
    instances: (instance ?? []).map(idOf),
    groups: group ?? [],
    compartments: inCompartment ?? [],
    ...(search !== undefined && { search: searchOf(search) }),
  };
}

function searchOf(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => {
    const [, key, value] = /^\s*([a-z-]+)=(.*)$/.exec(pair) ?? [];
    if (key === undefined) {
      throw new AppError('usage', `--search ${pair} is no search`, {
        hint: 'write tag=blue,release=8,lacks=security',
      });
    }
    return [key === 'lacks' ? 'hasUpdates' : key, value!];
  });
  return Object.fromEntries(pairs);
}

/** How work comes to instances, of what options say; null takes it out. */
export function rolloutOf(words: JobWords): Record<string, unknown> {
  const { window, atOnce, stopAfter } = words;
  return {
    ...(window !== undefined && { window: window === 'none' ? null : windowOf(window) }),
    ...(atOnce !== undefined && { maxAtOnce: atOnce === 'all' ? null : numberOr(atOnce) }),
    ...(stopAfter !== undefined && {
      stopAfter: stopAfter === 'never' ? null : numberOr(stopAfter),
    }),
  };
}

const numberOr = (text: string): number | string => (/^\d{1,9}$/.test(text) ? Number(text) : text);

function windowOf(text: string): Record<string, unknown> {
  const [, days, from, length = ''] = /^(?:([a-z,]+)\s+)?(\d\d:\d\d)\s+(\S+)$/.exec(text) ?? [];
  const span = milliseconds(length);
  const minutes = (span ?? 0) / 60_000;
  if (from === undefined || !Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
    throw new AppError('usage', `--window ${text} is no window`, {
      hint: 'write "22:00 4h" or "sat,sun 22:00 4h", a minute to 24h long',
    });
  }
  return { ...(days && { days: days.split(',') }), from, minutes };
}
