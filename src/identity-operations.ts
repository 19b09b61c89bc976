import { AppError } from './base/errors.ts';
import type { Instance } from './fleet/instances.ts';
import type { Caller } from './identity/caller.ts';
import type { Identity } from './identity/identity.ts';
import type { IdentityOperations, ShownUser } from './server/control/identity.ts';

interface Deps {
  identity: Identity;
  instances: { require(id: number): Promise<Instance>; list(): Promise<Instance[]> };
}

/** The operations on users and what they may. */
export function createIdentityOperations({ identity, instances }: Deps): IdentityOperations {
  const { users, userGroups, compartments, dynamicGroups, policies } = identity;

  const shownUser = (name: string): ShownUser => {
    const ids = userGroups.of(name);
    const groups = userGroups.all().filter(({ id }) => ids.has(id));
    return {
      ...users.require(name),
      ocid: users.ocidOf(name),
      groups: groups.map((group) => group.name),
    };
  };

  /** By what dynamic groups know an instance. */
  const known = ({ id, compartment, tags }: Instance) => ({
    ...{ id, compartment: compartment ?? '', tags },
  });

  async function callerOf(user: string | null, instance: number | null): Promise<Caller> {
    const about = { by: 'signature', scopes: undefined } as const;
    if (instance !== null) {
      const name = String(instance);
      const found = known(await instances.require(instance));
      return { ...about, kind: 'instance', name, actor: `instance:${name}`, instance: found };
    }
    if (user === null) throw new AppError('usage', 'neither a user nor an instance is named');
    users.require(user);
    return { ...about, kind: 'user', name: user, actor: `user:${user}` };
  }

  return {
    async addUser(name, password, { groups = [], ...about }) {
      for (const group of groups) userGroups.require(group);
      await users.add(name, password, about);
      for (const group of groups) await userGroups.join(group, [name], about.by);
      return shownUser(name);
    },
    listUsers: async () => users.all().map(({ name }) => shownUser(name)),
    removeUser: (name, { by }) => users.remove(name, by),
    setUserPassword: (name, password, { by }) => users.setPassword(name, password, by),

    createUserGroup: (name, about) => userGroups.create(name, about),
    listUserGroups: async () => userGroups.all(),
    removeUserGroup: (name, { by }) => userGroups.remove(name, by),
    joinUserGroup: (name, members, { by }) => userGroups.join(name, members, by),
    leaveUserGroup: (name, members, { by }) => userGroups.leave(name, members, by),

    createCompartment: (path, { description, by }) => compartments.create(path, description, by),
    listCompartments: async () => compartments.all(),
    describeCompartment: (path, { description, by }) =>
      compartments.describe(path, description, by),
    renameCompartment: (path, name, { by }) => compartments.rename(path, name, by),
    removeCompartment: (path, { by }) => compartments.remove(path, by),

    createDynamicGroup: ({ by, ...group }) => dynamicGroups.create(group, by),
    async listDynamicGroups() {
      const counts = new Map<number, number>();
      for (const instance of await instances.list()) {
        const ids = dynamicGroups.of(identity.matched(known(instance)));
        for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return dynamicGroups.all().map((g) => ({ ...g, instances: counts.get(g.id) ?? 0 }));
    },
    setDynamicGroupRule: (name, rule, { by }) => dynamicGroups.setRule(name, rule, by),
    removeDynamicGroup: (name, { by }) => dynamicGroups.remove(name, by),

    createPolicy: ({ by, ...policy }) => policies.create(policy, by),
    listPolicies: async () => policies.all(),
    showPolicy: async (name) => policies.require(name),
    setPolicyStatements: (name, statements, { by }) => policies.setStatements(name, statements, by),
    removePolicy: (name, { by }) => policies.remove(name, by),
    async explainAccess({ user, instance, operation, target, ...wish }) {
      compartments.require(wish.compartment);
      const grant = identity.why(await callerOf(user, instance), {
        ...wish,
        ...(operation !== null && { operation }),
        ...(target !== null && { target }),
      });
      const { policy = null, statement = null } = grant ?? {};
      return { allowed: grant !== undefined, policy, statement };
    },
  };
}
