import { z } from 'zod';
import { updateKinds } from '../base/update-kinds.ts';

const names = z.array(z.string().min(1).max(400)).max(1000);

/** Instances by what is known of them: all of what is given must hold, when the job runs. */
const searchSchema = z
  .strictObject({
    /** A part of their name. */
    name: z.string().min(1),
    tag: z.string().min(1),
    group: z.string().min(1),
    /** In this compartment or below it. */
    compartment: z.string(),
    /** Of the system, such as 8. */
    release: z.string().min(1),
    arch: z.string().min(1),
    /** Those that lack updates of a kind. */
    hasUpdates: z.enum([...updateKinds, 'any']),
  })
  .partial()
  .refine((search) => Object.values(search).some((v) => v !== undefined), 'it searches nothing');
export type Search = z.output<typeof searchSchema>;

/** What a job is for: all of what is named together, as it is when the job runs. */
export const targetsSchema = z.strictObject({
  instances: z.array(z.number().int().positive()).max(20_000).default([]),
  /** By name. */
  groups: names.default([]),
  /** Paths; what is below them is meant too. An empty one is the root: all instances. */
  compartments: z.array(z.string().max(400)).max(1000).default([]),
  search: searchSchema.optional(),
  /** What was named and is no more, as people are told of it. */
  gone: names.default([]),
});
export type Targets = z.output<typeof targetsSchema>;

/** Whether anything is named, or was. */
export const hasTargets = (targets: Targets): boolean =>
  targets.search !== undefined ||
  [targets.instances, targets.groups, targets.compartments, targets.gone].some(
    (named) => named.length > 0,
  );

/** The same without what is no more, which is among what is gone. */
export function withoutGone(
  targets: Targets,
  kind: 'group' | 'compartment',
  name: string,
): Targets | undefined {
  const key = kind === 'group' ? 'groups' : 'compartments';
  const inSearch = targets.search?.[kind] === name;
  if (!targets[key].includes(name) && !inSearch) return undefined;
  const { search, ...others } = targets;
  return {
    ...others,
    // One that looks in what is gone finds nothing, nor in what has its name later.
    ...(search && !inSearch && { search }),
    [key]: targets[key].filter((named) => named !== name),
    gone: [...new Set([...targets.gone, `${kind} ${name}`])],
  };
}

/** The same after a compartment, and what is below it, has another path; undefined where that changes nothing. */
export function withRenamed(targets: Targets, from: string, to: string): Targets | undefined {
  const renamed = (path: string) =>
    path === from || path.startsWith(`${from}:`) ? to + path.slice(from.length) : path;
  const { compartments, search } = targets;
  const after = {
    ...targets,
    compartments: compartments.map(renamed),
    ...(search?.compartment !== undefined && {
      search: { ...search, compartment: renamed(search.compartment) },
    }),
  };
  return JSON.stringify(after) === JSON.stringify(targets) ? undefined : after;
}
