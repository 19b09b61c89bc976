import type { ResourceType, Verb } from '../../identity/caller.ts';
import type { Compartment } from '../../identity/compartments.ts';
import type { DynamicGroup } from '../../identity/dynamic-groups.ts';
import type { Policy } from '../../identity/policies.ts';
import type { UserGroup } from '../../identity/user-groups.ts';
import type { User } from '../../identity/users.ts';
import type { By } from './fleet.ts';

/** What the command line asks about users and what they may. `by` is who asks. All throw AppErrors. */
export interface IdentityOperations {
  /** Without a password, one who shows who they are otherwise. All of the groups must be there. */
  addUser(
    name: string,
    password: string | null,
    about: By & { groups?: string[]; description?: string },
  ): Promise<ShownUser>;
  listUsers(): Promise<ShownUser[]>;
  removeUser(name: string, by: By): Promise<void>;
  setUserPassword(name: string, password: string, by: By): Promise<void>;

  createUserGroup(name: string, about: By & Described): Promise<UserGroup>;
  listUserGroups(): Promise<UserGroup[]>;
  removeUserGroup(name: string, by: By): Promise<void>;
  /** All of the users, or none. */
  joinUserGroup(name: string, users: string[], by: By): Promise<UserGroup>;
  leaveUserGroup(name: string, users: string[], by: By): Promise<UserGroup>;

  createCompartment(path: string, about: By & Described): Promise<Compartment>;
  listCompartments(): Promise<Compartment[]>;
  describeCompartment(path: string, about: By & Described): Promise<Compartment>;
  /** Gives it another name; what is in it, and statements that name it, follow. */
  renameCompartment(path: string, name: string, by: By): Promise<Compartment>;
  removeCompartment(path: string, by: By): Promise<void>;

  createDynamicGroup(group: By & Described & { name: string; rule: string }): Promise<DynamicGroup>;
  listDynamicGroups(): Promise<ShownDynamicGroup[]>;
  setDynamicGroupRule(name: string, rule: string, by: By): Promise<DynamicGroup>;
  removeDynamicGroup(name: string, by: By): Promise<void>;

  createPolicy(policy: By & Described & NewPolicy): Promise<Policy>;
  listPolicies(): Promise<Policy[]>;
  showPolicy(name: string): Promise<Policy>;
  /** Gives a policy other statements. */
  setPolicyStatements(name: string, statements: string[], by: By): Promise<Policy>;
  removePolicy(name: string, by: By): Promise<void>;
  /** Whether a user or an instance may do something, and by which statement. */
  explainAccess(question: AccessQuestion): Promise<AccessAnswer>;
}

interface Described {
  description: string;
}

interface NewPolicy {
  name: string;
  /** A path; empty for the root. */
  compartment: string;
  statements: string[];
}

export interface ShownUser extends User {
  ocid: string;
  groups: string[];
}

export interface ShownDynamicGroup extends DynamicGroup {
  /** The instances that it fits now. */
  instances: number;
}

/** Either a user or an instance. */
export interface AccessQuestion {
  user: string | null;
  instance: number | null;
  verb: Verb;
  type: ResourceType;
  compartment: string;
  operation: string | null;
  /** An OCID. */
  target: string | null;
}

export interface AccessAnswer {
  allowed: boolean;
  policy: string | null;
  statement: string | null;
}
