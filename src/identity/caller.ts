/** Who asks: a user, or an instance; and by which way they said so. */
export interface Caller {
  kind: 'user' | 'instance';
  /** A user's name or an instance's id. */
  name: string;
  /** user:NAME, instance:ID, as the audit names them. */
  actor: string;
  by: 'signature' | 'token' | 'session' | 'basic';
  /** What a token is limited to; undefined for all that its user may. */
  scopes: readonly Scope[] | undefined;
  /** Of an instance: by what dynamic groups know it. Without, it is in none. */
  instance?: { id: number; compartment: string; tags: readonly string[] } | undefined;
}

/** What somebody may do with things of a kind: each verb includes those before it. */
export type Verb = 'inspect' | 'read' | 'use' | 'manage';
export const verbs: readonly Verb[] = ['inspect', 'read', 'use', 'manage'];

/** The kinds of things that policies speak of, as OCI's policy reference names them. */
export const resourceTypes = [
  'osms-managed-instances',
  'osms-software-sources',
  'osms-managed-instance-groups',
  'osms-scheduled-jobs',
  'osms-work-requests',
  'osms-errata',
  'osms-events',
  'compartments',
  'users',
  'groups',
  'dynamic-groups',
  'policies',
] as const;
export type ResourceType = (typeof resourceTypes)[number];

export interface Scope {
  verb: Verb;
  type: ResourceType | 'osms-family' | 'all-resources';
}

/** What somebody wants to do, and where. */
export interface Wish {
  verb: Verb;
  type: ResourceType;
  /** The path of the compartment: names joined by colons, empty for the root. */
  compartment: string;
  /** The OCID of the resource, where it is about one. */
  target?: string;
  /** The operation of the API, for `where request.operation = …`. */
  operation?: string;
}
