import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { issuesOf } from '../base/issues.ts';
import { updateKinds } from '../base/update-kinds.ts';
import { scriptSchema } from './action-kinds.ts';
import { packageOf } from './package-words.ts';

/** What an instance is to do. */
export type Work = z.output<typeof workSchema>;
/** One thing of it. */
export type Step = z.output<typeof stepSchema>;
/** What is done with a module: without a stream with the default one, without a profile with the stream's own default. */
export type ModuleSpec = z.output<typeof withProfile>;

const mostPackages = 5000;
const mostModules = 100;
const mostSteps = 20;

const packages = z
  .array(
    z.string().min(1).max(1000).refine(isPackage, {
      error: 'is no package: give a name, name.arch, or name-[epoch:]version-release.arch',
    }),
  )
  .min(1)
  .max(mostPackages);

const word = (what: string) =>
  z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/, `is no name of a ${what}`);
const bare = { module: word('module') };
const withStream = z.strictObject({ ...bare, stream: word('stream').optional() });
const inStream = z.strictObject({ ...bare, stream: word('stream') });
const withProfile = withStream.extend({ profile: word('profile').optional() });
const listOf = <T extends z.ZodType>(one: T) => z.array(one).max(mostModules).optional();

const modules = z
  .strictObject({
    kind: z.literal('modules'),
    enable: listOf(withStream),
    disable: listOf(z.strictObject(bare)),
    switch: listOf(inStream),
    install: listOf(withProfile),
    remove: listOf(withProfile),
    /** It is said what would happen, and nothing does. */
    dryRun: z.boolean().optional(),
  })
  .refine((m) => [m.enable, m.disable, m.switch, m.install, m.remove].some((l) => l?.length), {
    error: 'nothing is said of what to do with which module',
  });

const { script, user, group } = scriptSchema.shape;

const stepSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['install', 'update', 'remove']), packages }),
  z.strictObject({
    kind: z.literal('updateAll'),
    kinds: z.union([z.literal('all'), z.array(z.enum(updateKinds)).min(1)]),
  }),
  modules,
  z.strictObject({ kind: z.literal('reboot') }),
  z.strictObject({
    kind: z.literal('script'),
    script,
    user: user.unwrap().optional(),
    group: group.unwrap().optional(),
    /** Null for no limit. */
    timeoutSeconds: scriptSchema.shape.timeout.unwrap().optional(),
  }),
]);

const workSchema = z.union([
  z.strictObject({
    kind: z.literal('steps'),
    /** One after the other; where one fails, those after it are not begun. */
    steps: z.array(stepSchema).min(1).max(mostSteps),
  }),
  stepSchema,
]);

/** Throws AppError 'usage', which says each thing that is wrong. */
export function parseWork(value: unknown): Work {
  const isSteps = (value as { kind?: unknown } | null)?.kind === 'steps';
  const schema = isSteps ? workSchema.options[0] : stepSchema;
  const read = schema.safeParse(value);
  if (!read.success) throw notWork(read.error);
  requireNoContradiction(stepsOf(read.data));
  return read.data;
}

export const stepsOf = (work: Work): Step[] => (work.kind === 'steps' ? work.steps : [work]);

/** The work in a few words, such as "install tmux, vim". */
export function saidOfWork(work: Work): string {
  return stepsOf(work).map(saidOfStep).join(', then ');
}

/** As the API names operations; null where it has no name for that. */
export function operationTypeOf(work: Work): string {
  if (work.kind === 'steps') return 'COMPOUND';
  if (work.kind !== 'modules') return typeOfStep[work.kind];
  const asked = (Object.keys(typeOfModules) as (keyof typeof typeOfModules)[]).filter(
    (what) => work[what]?.length,
  );
  return asked.length === 1 ? typeOfModules[asked[0]!] : 'COMPOUND';
}

const typeOfStep = {
  ...{ install: 'INSTALL', update: 'UPDATE', remove: 'REMOVE', updateAll: 'UPDATEALL' },
  ...{ reboot: 'REBOOT', script: 'SCRIPT' },
} as const;

const typeOfModules = {
  enable: 'ENABLEMODULESTREAM',
  disable: 'DISABLEMODULESTREAM',
  switch: 'SWITCHMODULESTREAM',
  install: 'INSTALLMODULESTREAMPROFILE',
  remove: 'REMOVEMODULESTREAMPROFILE',
} as const;

function saidOfStep(step: Step): string {
  switch (step.kind) {
    case 'updateAll':
      return step.kinds === 'all'
        ? 'install all updates'
        : `install all updates (${step.kinds.join(', ')})`;
    case 'modules': {
      const all = (Object.keys(typeOfModules) as (keyof typeof typeOfModules)[]).flatMap((what) =>
        (step[what] ?? []).map((spec) => `${what} ${specText(spec)}`),
      );
      return `${step.dryRun ? 'try to ' : ''}change modules: ${shortened(all)}`;
    }
    case 'reboot':
      return 'reboot';
    case 'script':
      return 'run a script';
    default:
      return `${step.kind} ${shortened(step.packages)}`;
  }
}

/** As dnf takes it: `module:stream/profile`. */
export const specText = ({ module, stream, profile }: ModuleSpec): string =>
  `${module}${stream === undefined ? '' : `:${stream}`}${profile === undefined ? '' : `/${profile}`}`;

const shown = 3;

const shortened = (all: readonly string[]): string =>
  all.length > shown
    ? `${all.slice(0, shown).join(', ')} and ${all.length - shown} more`
    : all.join(', ');

/** Of one work each package is installed or removed, not both. */
function requireNoContradiction(steps: readonly Step[]): void {
  const named = (...kinds: Step['kind'][]) =>
    steps.flatMap((s) => ('packages' in s && kinds.includes(s.kind) ? s.packages : []));
  const removed = new Set(named('remove').map((p) => packageOf(p).name));
  const both = named('install', 'update').find((p) => removed.has(packageOf(p).name));
  if (both === undefined) return;
  throw new AppError('usage', `${both} cannot be installed and removed by the same work`);
}

function notWork(error: z.ZodError): AppError {
  const said = issuesOf(error)
    .slice(0, 5)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  return new AppError('usage', `what is to be done: ${said.join('; ')}`);
}

function isPackage(text: string): boolean {
  try {
    return /^[A-Za-z0-9_+.(][^\s\p{Cc}<>&]*$/u.test(packageOf(text).name);
  } catch {
    return false;
  }
}
