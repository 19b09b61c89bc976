import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { AppError } from '../base/errors.ts';
import { timeOf } from '../base/filters.ts';
import { milliseconds } from '../base/units.ts';
import type { ActionRequest } from '../fleet/action-creation.ts';
import { packageOf } from '../fleet/package-words.ts';

export interface ScriptFlags {
  user?: string;
  group?: string;
  timeout?: string;
}

export interface WhenFlags {
  at?: string;
  expires?: string;
  after?: string;
}

type Wanted = Pick<ActionRequest, 'kind' | 'params'>;

const packages = (kind: string) => (words: string[]) => ({
  kind,
  params: { packages: some(words, 'no package is named').map(packageOf) },
});

const alone = (kind: string) => (words: string[]) => {
  if (words.length > 0) throw new AppError('usage', `nothing comes after that: ${words[0]}`);
  return { kind, params: {} };
};

const forms: Record<string, (words: string[], flags: ScriptFlags) => Wanted | Promise<Wanted>> = {
  update: (words) =>
    words.length > 0 ? packages('packages.update')(words) : alone('packages.fullUpdate')(words),
  install: packages('packages.install'),
  remove: packages('packages.remove'),
  verify: packages('packages.verify'),
  transaction: (words) => ({ kind: 'packages.runTransaction', params: transactionOf(words) }),
  errata: (words) => ({
    kind: 'errata.update',
    params: { advisories: some(words, 'no advisory is named') },
  }),
  'refresh-packages': alone('packages.refresh_list'),
  'refresh-hardware': alone('hardware.refresh_list'),
  script: scriptOf,
  reboot: alone('reboot.reboot'),
};

/** What `instance run` is to do: the instances first, then what, then with what. Throws AppErrors 'usage'. */
export async function readRun(
  words: readonly string[],
  flags: ScriptFlags & WhenFlags,
): Promise<{ instances: number[]; request: ActionRequest }> {
  const unknown = words.find((word) => word.startsWith('--'));
  if (unknown) throw new AppError('usage', `there is no option ${unknown}`);
  const first = words.findIndex((word) => !/^\d+$/.test(word));
  const [what, ...rest] = first < 0 ? [] : words.slice(first);
  const form = what !== undefined && Object.hasOwn(forms, what) ? forms[what] : undefined;
  if (!form) {
    throw new AppError(
      'usage',
      what ? `${what} is nothing that instances do` : 'what is to be done is not said',
      {
        hint: `say one of ${Object.keys(forms).join(', ')} after the instances`,
      },
    );
  }
  const instances = some(words.slice(0, first), 'no instance is named').map(Number);
  const [script] = (['user', 'group', 'timeout'] as const).filter((f) => flags[f] !== undefined);
  if (script && what !== 'script') throw new AppError('usage', `--${script} is for scripts`);
  const after = flags.after === undefined ? null : actionId(flags.after);
  const times = { earliestAt: whenOf(flags.at), expiresAt: whenOf(flags.expires) };
  return { instances, request: { ...(await form(rest, flags)), ...times, after } };
}

/** Throws AppError 'usage'. */
export function actionId(word: string): number {
  const id = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new AppError('usage', `${word} is no number of an action`);
}

/** A time, or how long from now. */
function whenOf(word: string | undefined): string | null {
  if (word === undefined) return null;
  const ahead = milliseconds(word);
  const time = ahead === undefined ? timeOf(word) : new Date(Date.now() + ahead).toISOString();
  if (time !== undefined) return time;
  throw new AppError('usage', `${word} is no time`, {
    hint: 'give one such as 2026-12-01T03:00:00Z, or a duration from now such as 90m or 2d',
  });
}

function transactionOf(words: string[]) {
  const signed = (sign: string) =>
    words.filter((w) => w.startsWith(sign)).map((w) => packageOf(w.slice(1)));
  const unsigned = words.find((w) => !/^[+-]/.test(w));
  if (unsigned !== undefined) {
    throw new AppError('usage', `${unsigned} has neither + nor - before it`, {
      hint: '+NEVRA is installed, -NEVRA is removed',
    });
  }
  some(words, 'no package is named');
  return { install: signed('+'), erase: signed('-') };
}

async function scriptOf(words: string[], { user, group, timeout }: ScriptFlags): Promise<Wanted> {
  const [file, more] = words;
  if (file === undefined || more !== undefined) {
    throw new AppError('usage', 'give one file with the script, or - for what comes in');
  }
  const ms = timeout === undefined ? undefined : milliseconds(timeout);
  if (timeout !== undefined && (ms === undefined || ms < 1000)) {
    throw new AppError('usage', `${timeout} is no duration`, {
      hint: 'give one such as 90s or 1h',
    });
  }
  const script = await (file === '-' ? text(process.stdin) : read(file));
  return {
    kind: 'script.run',
    params: {
      script,
      ...(user !== undefined && { user }),
      ...(group !== undefined && { group }),
      ...(ms !== undefined && { timeout: Math.floor(ms / 1000) }),
    },
  };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('usage', `${file} cannot be read`, { cause: error });
  }
}

function some(words: readonly string[], otherwise: string): string[] {
  if (words.length > 0) return [...words];
  throw new AppError('usage', otherwise);
}
