import { z } from 'zod';
import type { Source } from '../../base/source.ts';
import { refusalOf } from '../../fleet/refusals.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';

const body = z.object({ softwareSourceId: z.string().min(1) });

const availableSchema = z.object({
  id: z.string(),
  compartmentId: z.string(),
  displayName: z.string(),
  parentId: z.string().optional(),
  parentName: z.string().optional(),
});

type Way = { how: 'attach' | 'detach'; what: 'Parent' | 'Child' };

/** Which sources instances have, and which they could have. */
export function instanceSourceOperations(deps: OsmsDeps): Operation[] {
  const { resources, compartments } = deps.identity;
  const { instances, channelLists } = deps.managed;

  /** The source that a body names, if the caller may read it. */
  function named(call: Call<unknown, z.output<typeof body>>): Source {
    const found = resources.byOcid('source', call.body.softwareSourceId);
    const source = found && deps.sources.get(found.subject);
    if (!found || !source) throw notAuthorizedOrNotFound();
    const { compartment, ocid: target } = found;
    call.require({ verb: 'read', type: 'osms-software-sources', compartment, target });
    return source;
  }

  function change({ how, what }: Way): Operation {
    const isAttach = how === 'attach';
    const direction = isAttach ? 'To' : 'From';
    return operation({
      id: `${how}${what}SoftwareSource${direction}ManagedInstance`,
      method: 'POST',
      path: `/managedInstances/{managedInstanceId}/actions/${how}${what}SoftwareSource`,
      summary: `${isAttach ? 'Gives an instance' : 'Takes from an instance'} a ${what.toLowerCase()} source`,
      permission: { verb: 'use', type: 'osms-managed-instances', of: 'instance' },
      body,
      answer: { status: 204 },
      async handle(call) {
        const source = named(call);
        const is = source.parent === undefined ? 'Parent' : 'Child';
        if (is !== what) {
          throw apiError('InvalidParameter', `${source.label} is a ${is.toLowerCase()} source`, {
            hint: `use ${how}${is}SoftwareSource`,
          });
        }
        const request = {
          ...{ instance: Number(call.target.subject), group: null },
          ...{ labels: [source.label], by: call.caller.name },
        };
        await (isAttach
          ? deps.operations.attachSources({ ...request, history: null })
          : deps.operations.detachSources(request)
        ).catch(asState);
        return {};
      },
    });
  }

  return [
    change({ how: 'attach', what: 'Parent' }),
    change({ how: 'attach', what: 'Child' }),
    change({ how: 'detach', what: 'Parent' }),
    change({ how: 'detach', what: 'Child' }),
    operation({
      id: 'listAvailableSoftwareSourcesForManagedInstance',
      method: 'GET',
      path: '/managedInstances/{managedInstanceId}/availableSoftwareSources',
      summary: 'Lists the sources that an instance could have besides those it has',
      permission: { verb: 'read', type: 'osms-managed-instances', of: 'instance' },
      query: z.object({
        displayName: z.string().optional(),
        compartmentId: z.string().optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(availableSchema) },
      async handle({ target, query, may }) {
        const instance = await instances.get(Number(target.subject));
        if (!instance) throw notAuthorizedOrNotFound();
        const available = await channelLists.attachable(instance);
        const labels = available.flatMap(({ label, parent }) =>
          parent ? [label, parent] : [label],
        );
        const about = await resources.ofAll('source', labels);
        const nameOf = (label: string) =>
          about.get(label)!.displayName ?? deps.sources.get(label)?.name ?? label;
        const shown = available.flatMap(({ label, parent }) => {
          const { compartment, ocid: id, createdAt } = about.get(label)!;
          const type = 'osms-software-sources';
          if (!may({ verb: 'inspect', type, compartment, target: id })) return [];
          const item = {
            ...{ id, displayName: nameOf(label), compartmentId: compartments.ocidOf(compartment) },
            ...(parent && { parentId: about.get(parent)!.ocid, parentName: nameOf(parent) }),
          };
          return [{ item, createdAt }];
        });
        const wanted = shown.filter(
          ({ item }) =>
            (query.displayName === undefined || item.displayName === query.displayName) &&
            (query.compartmentId === undefined || item.compartmentId === query.compartmentId),
        );
        const { items, nextPage } = listed(wanted, query, {
          by: { TIMECREATED: (s) => s.createdAt, DISPLAYNAME: (s) => s.item.displayName },
          usually: 'TIMECREATED',
          id: (s) => s.item.id,
        });
        return { body: items.map(({ item }) => item), ...(nextPage && { nextPage }) };
      },
    }),
  ];
}

/** A source for another system is no question of what the caller may do: both are there, and do not go together. */
function asState(error: unknown): never {
  if (refusalOf(error) !== 'not_permitted') throw error;
  throw apiError('IncorrectState', (error as Error).message);
}
