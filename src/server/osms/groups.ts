import { z } from 'zod';
import type { ShownGroup } from '../../fleet/groups.ts';
import { createTurns } from '../../fleet/turns.ts';
import type { OsmsDeps } from './door.ts';
import { apiError, notAuthorizedOrNotFound } from './errors.ts';
import { etagOf } from './etag.ts';
import { idSchema, osFamilySchema } from './instance-shapes.ts';
import { displayNameSchema, instanceId } from './names.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { listed, pageQuery } from './page.ts';
import { tagsShape } from './tags.ts';

const summarySchema = z.object({
  displayName: z.string(),
  id: z.string(),
  compartmentId: z.string(),
  description: z.string().optional(),
  managedInstanceCount: z.number(),
  lifecycleState: z.literal('ACTIVE'),
  ...tagsShape,
  osFamily: osFamilySchema,
});
const groupSchema = summarySchema
  .omit({ managedInstanceCount: true })
  .extend({ managedInstances: z.array(idSchema) });

const text = {
  displayName: displayNameSchema,
  description: z.string().max(1000).optional(),
};
const createBody = z.object({
  ...{ ...text, ...tagsShape, compartmentId: z.string() },
  osFamily: osFamilySchema.optional(),
});
const updateBody = z.object({ ...text, ...tagsShape }).partial();

const of = 'group';
const type = 'osms-managed-instance-groups';
const path = '/managedInstanceGroups/{managedInstanceGroupId}';

/** The etag of a group: of what clients can set on it. */
export function groupTag(group: ShownGroup): string {
  const { displayName, description, compartment, freeformTags, definedTags } = group;
  return etagOf({ displayName, description, compartment, freeformTags, definedTags });
}

/** Groups of managed instances. */
export function groupOperations(deps: OsmsDeps): Operation[] {
  const { operations } = deps;
  const { ocids, compartments } = deps.identity;
  const { groups } = deps.managed;
  const inTurn = createTurns();

  const summary = (group: ShownGroup) => ({
    displayName: group.displayName,
    id: group.ocid,
    compartmentId: compartments.ocidOf(group.compartment),
    description: group.description ?? undefined,
    managedInstanceCount: group.instances,
    lifecycleState: 'ACTIVE' as const,
    freeformTags: group.freeformTags,
    definedTags: group.definedTags as z.output<typeof summarySchema>['definedTags'],
    osFamily: group.osFamily,
  });

  /** With those of its instances that the caller may see. */
  async function shown(group: ShownGroup, call: Pick<Call, 'may'>) {
    const { managedInstanceCount: _, ...about } = summary(group);
    const members = await groups.memberNames(group.name);
    const managedInstances = members.flatMap(({ id, name, compartment }) => {
      const target = instanceId(ocids, id);
      const wish = { verb: 'inspect', type: 'osms-managed-instances', target } as const;
      if (!call.may({ ...wish, compartment: compartment ?? '' })) return [];
      return [{ id: target, displayName: name }];
    });
    return { body: { ...about, managedInstances }, etag: groupTag(group) };
  }

  /** Does something with a group that is as the caller knows it, and with nobody else meanwhile. */
  function changing<T>(call: Call, work: (group: ShownGroup) => Promise<T>): Promise<T> {
    return inTurn(ocids.read('osmsmanagedinstancegroup', call.target.ocid) ?? 0, async () => {
      const group = await groups.about(call.target.subject);
      call.requireMatch(groupTag(group));
      return work(group);
    });
  }

  /** The instance that a query names, if the caller may change it. */
  async function member(call: Call<{ managedInstanceId: string }>) {
    const asked = call.query.managedInstanceId;
    const id = /^[1-9]\d{0,14}$/.test(asked) ? Number(asked) : ocids.read('instance', asked);
    const instance = id === undefined ? undefined : await deps.managed.instances.get(id);
    if (!instance) throw notAuthorizedOrNotFound();
    call.require({
      ...{ verb: 'use', type: 'osms-managed-instances', target: ocids.of('instance', instance.id) },
      compartment: instance.compartment ?? '',
    });
    return instance;
  }

  const memberQuery = z.object({ managedInstanceId: z.string().min(1) });

  return [
    operation({
      id: 'createManagedInstanceGroup',
      method: 'POST',
      path: '/managedInstanceGroups',
      summary: 'Makes a group of managed instances',
      permission: { verb: 'manage', type, of: 'compartmentOfBody' },
      body: createBody,
      answer: { status: 200, body: groupSchema },
      async handle(call) {
        const { body, target, caller } = call;
        const { compartmentId: _, osFamily = 'LINUX', ...about } = body;
        if (osFamily === 'WINDOWS') {
          throw apiError('InvalidParameter', 'osFamily: there are no Windows instances here');
        }
        const { compartment } = target;
        const by = caller.name;
        const group = await operations.createGroup(null, { ...about, compartment, osFamily, by });
        const location = `${deps.publicUrl()}/20190801/managedInstanceGroups/${group.ocid}`;
        const made = { kind: of, subject: group.name } as const;
        return { ...(await shown(group, call)), location, made };
      },
    }),
    operation({
      id: 'listManagedInstanceGroups',
      method: 'GET',
      path: '/managedInstanceGroups',
      summary: 'Lists the groups of a compartment',
      permission: { verb: 'inspect', type, of: 'compartmentOfQuery' },
      query: z.object({
        compartmentId: z.string(),
        displayName: z.string().optional(),
        lifecycleState: z
          .enum(['CREATING', 'UPDATING', 'ACTIVE', 'DELETING', 'DELETED', 'FAILED'])
          .optional(),
        osFamily: osFamilySchema.optional(),
        ...pageQuery,
      }),
      answer: { status: 200, body: z.array(summarySchema) },
      async handle({ query, target }) {
        const { displayName, lifecycleState = 'ACTIVE', osFamily = 'ALL' } = query;
        const all = await groups.list();
        const wanted = all.filter(
          (group) =>
            group.compartment === target.compartment &&
            (displayName === undefined || group.displayName === displayName) &&
            (osFamily === 'ALL' || group.osFamily === osFamily) &&
            lifecycleState === 'ACTIVE',
        );
        const { items, nextPage } = listed(wanted, query, {
          by: { TIMECREATED: (g) => g.createdAt, DISPLAYNAME: (g) => g.displayName },
          usually: 'TIMECREATED',
          id: (g) => g.name,
        });
        return { body: items.map(summary), ...(nextPage && { nextPage }) };
      },
    }),
    operation({
      id: 'getManagedInstanceGroup',
      method: 'GET',
      path,
      summary: 'Shows a group and the instances in it',
      permission: { verb: 'read', type, of },
      answer: { status: 200, body: groupSchema },
      handle: async (call) => shown(await groups.about(call.target.subject), call),
    }),
    operation({
      id: 'updateManagedInstanceGroup',
      method: 'PUT',
      path,
      summary: 'Changes what is said of a group',
      permission: { verb: 'use', type, of },
      body: updateBody,
      answer: { status: 200, body: groupSchema },
      handle: (call) =>
        changing(call, async ({ name }) =>
          shown(await operations.changeGroup(name, { ...call.body, by: call.caller.name }), call),
        ),
    }),
    operation({
      id: 'deleteManagedInstanceGroup',
      method: 'DELETE',
      path,
      summary: 'Removes a group; its instances stay',
      permission: { verb: 'manage', type, of },
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ name }) => {
          await operations.removeGroup(name, { by: call.caller.name });
          return {};
        }),
    }),
    operation({
      id: 'changeManagedInstanceGroupCompartment',
      method: 'POST',
      path: `${path}/actions/changeCompartment`,
      summary: 'Puts a group into another compartment',
      permission: { verb: 'manage', type, of },
      body: z.object({ compartmentId: z.string().min(1) }),
      answer: { status: 204 },
      handle: (call) =>
        changing(call, async ({ name }) => {
          const compartment = compartments.pathOf(call.body.compartmentId);
          if (compartment === undefined) throw notAuthorizedOrNotFound();
          call.require({ verb: 'manage', type, compartment, target: call.target.ocid });
          await operations.changeGroup(name, { compartment, by: call.caller.name });
          return {};
        }),
    }),
    operation({
      id: 'attachManagedInstanceToManagedInstanceGroup',
      method: 'POST',
      path: `${path}/actions/attachManagedInstance`,
      summary: 'Puts an instance into a group, which gives it its sources',
      permission: { verb: 'use', type, of },
      query: memberQuery,
      answer: { status: 204 },
      async handle(call) {
        const { id } = await member(call);
        await operations.joinGroup(call.target.subject, [id], { by: call.caller.name });
        return {};
      },
    }),
    operation({
      id: 'detachManagedInstanceFromManagedInstanceGroup',
      method: 'POST',
      path: `${path}/actions/detachManagedInstance`,
      summary: 'Takes an instance out of a group; it keeps what it has attached',
      permission: { verb: 'use', type, of },
      query: memberQuery,
      answer: { status: 204 },
      async handle(call) {
        const { id, groups: its } = await member(call);
        const name = call.target.subject;
        if (!its.includes(name)) {
          throw apiError('IncorrectState', `instance ${id} is not in the group ${name}`);
        }
        await operations.leaveGroup(name, [id], { by: call.caller.name });
        return {};
      },
    }),
  ];
}
