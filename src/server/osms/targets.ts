import type { Caller, Wish } from '../../identity/caller.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import type { Operation, Target } from './operation.ts';

export interface Asked {
  operation: Operation;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string | string[]>>;
  body: unknown;
}

/**
 * What a request is about. Throws AppError 'not_found' where that is not there, 'usage' where it does not say which
 * compartment.
 */
export async function targetOf(deps: OsmsDeps, asked: Asked): Promise<Target> {
  const { resources, ocids, compartments } = deps.identity;
  const { params, operation } = asked;
  const { of: kind } = operation.permission;
  switch (kind) {
    case 'source': {
      const found = resources.byOcid('source', params.softwareSourceId ?? '');
      if (!found || !deps.sources.get(found.subject)) throw absent();
      return { kind, ...pick(found) };
    }
    case 'group': {
      const found = resources.byOcid('group', params.managedInstanceGroupId ?? '');
      if (!found) throw absent();
      // Throws 'not_found' as well.
      await deps.managed.groups.require(found.subject);
      return { kind, ...pick(found) };
    }
    case 'instance': {
      const asks = params.managedInstanceId ?? '';
      const id = /^[1-9]\d{0,15}$/.test(asks) ? Number(asks) : ocids.read('instance', asks);
      const instance = id === undefined ? undefined : await deps.managed.instances.get(id);
      if (!instance) throw absent();
      return {
        ...{ kind, subject: String(instance.id), compartment: instance.compartment ?? '' },
        ocid: ocids.of('instance', instance.id),
      };
    }
    case 'job': {
      const id = ocids.read('osmsscheduledjob', params.scheduledJobId ?? '');
      const found = id === undefined ? undefined : await deps.managed.jobs.find(id);
      if (!found) throw absent();
      const ocid = ocids.of('osmsscheduledjob', found.id);
      return { kind, subject: String(found.id), compartment: found.compartment, ocid };
    }
    case 'workRequest': {
      const id = ocids.read('osmsworkrequest', params.workRequestId ?? '');
      const found = id === undefined ? undefined : await deps.workRequests.get(id);
      if (!found) throw absent();
      const { compartment, ocid } = found;
      return { kind, subject: String(found.id), compartment, ocid };
    }
    case 'compartmentOfQuery':
    case 'compartmentOfBody': {
      const said = kind === 'compartmentOfQuery' ? asked.query : asked.body;
      const ocid = (said as Record<string, unknown> | null)?.compartmentId;
      if (ocid === undefined || ocid === '') {
        throw apiError('MissingParameter', 'compartmentId: is missing');
      }
      const path = typeof ocid === 'string' ? compartments.pathOf(ocid) : undefined;
      if (path === undefined) throw absent();
      return { kind, subject: path, compartment: path, ocid: ocid as string };
    }
    case 'any':
      return { kind, subject: '', compartment: '', ocid: compartments.ocidOf('') };
  }
}

/** Whether a caller may do what an operation does, with what it is about. */
export function mayAsk(
  { identity }: Pick<OsmsDeps, 'identity'>,
  { operation, caller, target }: { operation: Operation; caller: Caller; target: Target },
): boolean {
  const { verb, type } = operation.permission;
  const wish: Wish = {
    ...{ verb, type, operation: operation.id, compartment: target.compartment },
    ...(isResource(target) && { target: target.ocid }),
  };
  if (target.kind !== 'any') return identity.may(caller, wish);
  return identity.compartments
    .all()
    .some(({ path }) => identity.may(caller, { ...wish, compartment: path }));
}

const isResource = ({ kind }: Target) =>
  ['source', 'group', 'instance', 'job', 'workRequest'].includes(kind);

const pick = ({ subject, compartment, ocid }: Omit<Target, 'kind'>) => ({
  ...{ subject, compartment, ocid },
});

/** As for what the caller may not see; only the audit tells which it was. */
const absent = () => notAuthorizedOrNotFound('there is none');
