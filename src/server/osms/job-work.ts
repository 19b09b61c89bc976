import { z } from 'zod';
import {
  type ModuleSpec,
  operationTypeOf,
  parseWork,
  specText,
  type Work,
} from '../../fleet/run-work.ts';
import { apiError } from './errors.ts';
import {
  type PackageUpdateType,
  packageUpdateTypeOf,
  packageUpdateTypes,
  updateAllOf,
} from './update-types.ts';

export const jobOperationTypes = [
  ...(['INSTALL', 'UPDATE', 'REMOVE', 'UPDATEALL'] as const),
  ...(['ENABLEMODULESTREAM', 'DISABLEMODULESTREAM', 'SWITCHMODULESTREAM'] as const),
  ...(['INSTALLMODULESTREAMPROFILE', 'REMOVEMODULESTREAMPROFILE', 'COMPOUND'] as const),
] as const;
type OperationType = (typeof jobOperationTypes)[number];

/** The members that say what a job does. */
export const jobWorkShape = {
  operationType: z.enum(jobOperationTypes).optional(),
  updateType: z.enum(packageUpdateTypes).optional(),
  packageNames: z
    .array(z.object({ name: z.string() }))
    .optional()
    .describe('Packages; of operations on modules, what they are about: `module:stream/profile`.'),
  updateNames: z.array(z.string()).optional(),
};

export interface SaidWork {
  operationType?: OperationType | undefined;
  updateType?: PackageUpdateType | undefined;
  packageNames?: { name: string }[] | undefined;
  updateNames?: string[] | undefined;
  /** In the form of commands. */
  work?: unknown;
}

/** As the API names it: what it has no name for is a compound. */
export function jobTypeOf(work: Work): OperationType {
  const type = operationTypeOf(work);
  return jobOperationTypes.find((known) => known === type) ?? 'COMPOUND';
}

/** What the API's model can say of work. */
export function shownWork(work: Work): SaidWork {
  const operationType = jobTypeOf(work);
  if ('packages' in work) {
    return { operationType, packageNames: work.packages.map((name) => ({ name })) };
  }
  if (work.kind === 'updateAll') {
    const updateType = packageUpdateTypeOf(work.kinds);
    return { operationType, ...(updateType && { updateType }) };
  }
  const verb = moduleVerbs[operationType];
  if (work.kind !== 'modules' || !verb) return { operationType };
  const packageNames = (work[verb] ?? []).map((spec) => ({ name: specText(spec) }));
  return { operationType, packageNames };
}

const moduleVerbs: Partial<
  Record<OperationType, 'enable' | 'disable' | 'switch' | 'install' | 'remove'>
> = {
  ENABLEMODULESTREAM: 'enable',
  DISABLEMODULESTREAM: 'disable',
  SWITCHMODULESTREAM: 'switch',
  INSTALLMODULESTREAMPROFILE: 'install',
  REMOVEMODULESTREAMPROFILE: 'remove',
};

/** The work that a job is given; undefined where nothing is said of it. Throws AppError 'usage'. */
export function workOf(said: SaidWork, before?: Work): Work | undefined {
  const { operationType, updateType, packageNames, work: given } = said;
  if ((said.updateNames ?? []).length > 0) {
    throw apiError('InvalidParameter', 'updateNames: there are no Windows instances here');
  }
  if (given !== undefined) {
    const work = parseWork(given);
    if (operationType === undefined || operationType === jobTypeOf(work)) return work;
    throw apiError('InvalidParameter', `operationType: headwater.work is ${jobTypeOf(work)}`);
  }
  if ([operationType, updateType, packageNames].every((value) => value === undefined)) {
    return undefined;
  }
  const type = operationType ?? (before && jobTypeOf(before));
  if (type === 'UPDATEALL') return updateAllOf(updateType);
  if (updateType !== undefined) {
    throw apiError('InvalidParameter', 'updateType: is for UPDATEALL only');
  }
  if (type === undefined || type === 'COMPOUND') {
    throw apiError('MissingParameter', 'headwater.work: says what a compound job does');
  }
  const names = (packageNames ?? []).map(({ name }) => name);
  if (names.length === 0) throw apiError('MissingParameter', 'packageNames: is missing');
  const verb = moduleVerbs[type];
  if (!verb) return parseWork({ kind: type.toLowerCase(), packages: names });
  return parseWork({ kind: 'modules', [verb]: names.map(moduleOf) });
}

function moduleOf(text: string): ModuleSpec {
  const [, module = '', stream, profile] = /^([^:/]+)(?::([^/]+))?(?:\/(.+))?$/.exec(text) ?? [];
  return {
    module,
    ...(stream !== undefined && { stream }),
    ...(profile !== undefined && { profile }),
  };
}
