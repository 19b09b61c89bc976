import type { z } from 'zod';

/** What is wrong by a schema; of a union that does not fit, by the way of it that fits best. */
export function issuesOf(error: z.ZodError): z.core.$ZodIssue[] {
  return error.issues.flatMap(flatten);
}

function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (list: z.core.$ZodIssue[]) => Math.max(...list.map((i) => i.path.length));
  const best = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0]!;
  return best.map((i) => ({ ...i, path: [...issue.path, ...i.path] })).flatMap(flatten);
}
