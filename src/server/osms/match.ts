import type { OsmsDeps } from './door.ts';
import { groupTag } from './groups.ts';
import { instanceTag } from './instances.ts';
import { jobTag } from './job-shapes.ts';
import type { Operation, Target, TargetKind } from './operation.ts';
import { createSourceShapes } from './source-shapes.ts';

/** What has etags, and the type of resource that changes of it are about. */
const tagged: Partial<Record<TargetKind, string>> = {
  source: 'osms-software-sources',
  instance: 'osms-managed-instances',
  group: 'osms-managed-instance-groups',
  job: 'osms-scheduled-jobs',
};

/** Whether it changes something that has an etag, so that if-match says something. */
export const heedsMatch = ({ method, permission }: Operation): boolean =>
  method !== 'GET' && tagged[permission.of] === permission.type;

/** The same operations, of which none begins where if-match names another state of what it changes. */
export function heedingMatch(deps: OsmsDeps, operations: readonly Operation[]): Operation[] {
  const tagOf = createTags(deps);
  return operations.map((line) => {
    if (!heedsMatch(line)) return line;
    return {
      ...line,
      async handle(call) {
        const tag = await tagOf(call.target);
        if (tag !== undefined) call.requireMatch(tag);
        return line.handle(call);
      },
    };
  });
}

/** The etag of a resource; undefined where it was removed since the path was looked up. */
function createTags(deps: OsmsDeps) {
  const { identity, managed, sources } = deps;
  const shapes = createSourceShapes(deps);

  return async ({ kind, subject }: Target): Promise<string | undefined> => {
    if (kind === 'instance') {
      return instanceTag(await managed.instanceChanges.settings(Number(subject)));
    }
    if (kind === 'group') return groupTag(await managed.groups.about(subject));
    if (kind === 'job') {
      const job = await managed.jobs.find(Number(subject));
      return job && jobTag(job);
    }
    const source = sources.get(subject);
    return source && shapes.tagOf(source, await identity.resources.of('source', subject));
  };
}
