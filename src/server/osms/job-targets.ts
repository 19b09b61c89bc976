import { z } from 'zod';
import { updateKinds } from '../../base/update-kinds.ts';
import { stepsOf, type Work } from '../../fleet/run-work.ts';
import type { Search, Targets } from '../../jobs/targets.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { instanceId } from './names.ts';
import type { Call } from './operation.ts';

const ids = z.array(z.object({ id: z.string() })).optional();

/** The members that say whom a job is for. */
export const jobTargetShape = { managedInstances: ids, managedInstanceGroups: ids };

/** The same, and what the API's model has no members for: everything by OCID. */
export const headwaterTargetsSchema = z.strictObject({
  instances: z.array(z.string()).optional(),
  groups: z.array(z.string()).optional(),
  compartments: z.array(z.string()).optional(),
  search: z
    .strictObject({
      ...{ name: z.string(), tag: z.string(), release: z.string(), arch: z.string() },
      ...{ group: z.string(), compartment: z.string() },
      hasUpdates: z.enum([...updateKinds, 'any']),
    })
    .partial()
    .optional(),
});

export interface SaidTargets {
  managedInstances?: { id: string }[] | undefined;
  managedInstanceGroups?: { id: string }[] | undefined;
  targets?: z.output<typeof headwaterTargetsSchema> | undefined;
}

/** Whom jobs are for, between the API's ids and what this server calls them. */
export function createJobTargetShapes({ identity, managed }: OsmsDeps) {
  const { ocids, resources, compartments } = identity;

  function numberOf(asked: string): number {
    const id = /^[1-9]\d{0,14}$/.test(asked) ? Number(asked) : ocids.read('instance', asked);
    if (id === undefined) throw notAuthorizedOrNotFound();
    return id;
  }

  function groupOf(ocid: string): string {
    const found = resources.byOcid('group', ocid);
    if (!found) throw notAuthorizedOrNotFound();
    return found.subject;
  }

  function pathOf(ocid: string): string {
    const path = compartments.pathOf(ocid);
    if (path === undefined) throw notAuthorizedOrNotFound();
    return path;
  }

  const searchOf = ({ group, compartment, ...search }: Search): Search => ({
    ...search,
    ...(group !== undefined && { group: groupOf(group) }),
    ...(compartment !== undefined && { compartment: pathOf(compartment) }),
  });

  return {
    /** Undefined where nothing is said of it. Throws what is answered for absent and forbidden alike. */
    read(said: SaidTargets): Targets | undefined {
      const { managedInstances, managedInstanceGroups, targets } = said;
      if (!managedInstances && !managedInstanceGroups && !targets) return undefined;
      if (managedInstances?.length && managedInstanceGroups?.length) {
        throw apiError(
          'InvalidParameter',
          'managedInstances and managedInstanceGroups: not both at once',
          { hint: 'headwater.targets takes both' },
        );
      }
      const named = (list: { id: string }[] | undefined) => (list ?? []).map(({ id }) => id);
      const instances = [...named(managedInstances), ...(targets?.instances ?? [])];
      const groups = [...named(managedInstanceGroups), ...(targets?.groups ?? [])];
      return {
        instances: [...new Set(instances.map(numberOf))],
        groups: [...new Set(groups.map(groupOf))],
        compartments: [...new Set((targets?.compartments ?? []).map(pathOf))],
        ...(targets?.search && { search: searchOf(targets.search) }),
        gone: [],
      };
    },

    /**
     * Refuses whom the caller may not have do something: who may give a job work may do it at once as well. `named`: what was named
     * just now, and has to be there.
     */
    async requireUse(call: Call, targets: Targets, about: { work: Work; named: boolean }) {
      // A script does anything at all.
      const isScript = stepsOf(about.work).some(({ kind }) => kind === 'script');
      const verb = isScript ? 'manage' : 'use';
      const type = 'osms-managed-instances';
      for (const id of targets.instances) {
        const instance = await managed.instances.get(id);
        if (!instance && about.named) throw notAuthorizedOrNotFound();
        if (!instance) continue;
        const { compartment } = instance;
        call.require({ verb, type, compartment: compartment ?? '', target: instanceId(ocids, id) });
      }
      const known = new Set((await managed.groups.list()).map(({ name }) => name));
      for (const name of targets.groups) {
        if (!known.has(name) && about.named) throw notAuthorizedOrNotFound();
        if (!known.has(name)) continue;
        const { compartment, ocid } = await resources.of('group', name);
        call.require({ verb, type: 'osms-managed-instance-groups', compartment, target: ocid });
      }
      const { compartments: paths, search } = targets;
      const searched = search ? [search.compartment ?? ''] : [];
      for (const compartment of [...paths, ...searched]) call.require({ verb, type, compartment });
    },

    /** With those that the caller may see. */
    async shown(targets: Targets, call: Pick<Call, 'may'>) {
      const managedInstances: { id: string; displayName: string }[] = [];
      for (const id of targets.instances) {
        const instance = await managed.instances.get(id);
        const target = instanceId(ocids, id);
        const wish = { verb: 'inspect', type: 'osms-managed-instances', target } as const;
        if (instance && call.may({ ...wish, compartment: instance.compartment ?? '' })) {
          managedInstances.push({ id: target, displayName: instance.name });
        }
      }
      const managedInstanceGroups: { id: string; displayName: string }[] = [];
      for (const name of targets.groups) {
        const { ocid, compartment, displayName } = await resources.of('group', name);
        const wish = { verb: 'inspect', type: 'osms-managed-instance-groups' } as const;
        if (call.may({ ...wish, compartment, target: ocid })) {
          managedInstanceGroups.push({ id: ocid, displayName: displayName ?? name });
        }
      }
      const paths = targets.compartments.filter(compartments.has);
      const { group, compartment, ...search } = targets.search ?? {};
      return {
        managedInstances,
        managedInstanceGroups,
        targets: {
          instances: managedInstances.map(({ id }) => id),
          groups: managedInstanceGroups.map(({ id }) => id),
          compartments: paths.map(compartments.ocidOf),
          ...(targets.search && {
            search: {
              ...search,
              ...(group !== undefined && { group: (await resources.of('group', group)).ocid }),
              ...(compartment !== undefined &&
                compartments.has(compartment) && { compartment: compartments.ocidOf(compartment) }),
            },
          }),
        },
      };
    },
  };
}
