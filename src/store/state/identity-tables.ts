import type { Generated } from 'kysely';

/** The tables of who may do what and of the OS Management API, as `schema/009-identity.sql` says what is in them. */
export interface IdentityTables {
  tenancy: { id: number; name: string; salt: Buffer; created_at: string };
  compartment: {
    id: Generated<number>;
    path: string;
    description: Generated<string>;
    created_at: string;
  };
  resource: ResourceRow;
  instance_setting: { instance: number; name: string; value: string };
  user: UserRow;
  api_key: { user: number; fingerprint: string; public_key: string; created_at: string };
  user_group: NamedRow;
  user_group_member: { group: number; user: number };
  dynamic_group: NamedRow & { rule: string };
  policy: NamedRow & { compartment: Generated<string>; statements: string };
  bearer_token: BearerTokenRow;
  session: {
    hash: Buffer;
    user: number;
    address: string | null;
    created_at: string;
    expires_at: string;
  };
  retry_token: {
    caller: string;
    operation: string;
    token: string;
    request: Buffer;
    answer: string;
    at: string;
  };
  work_request: WorkRequestRow;
  work_request_note: {
    id: Generated<number>;
    work_request: number;
    at: string;
    code: string | null;
    message: string;
  };
  custom_package: {
    label: string;
    nevra: string;
    source: string;
    revision: number | null;
    manifest: string;
    added_at: string;
  };
}

interface NamedRow {
  id: Generated<number>;
  name: string;
  description: Generated<string>;
  created_at: string;
}

export interface ResourceRow {
  id: Generated<number>;
  kind: 'source' | 'group';
  subject: string;
  compartment: Generated<string>;
  display_name: string | null;
  details: Generated<string>;
  created_at: string;
}

export interface UserRow {
  id: Generated<number>;
  name: string;
  password: string | null;
  description: Generated<string>;
  created_at: string;
  created_by: string;
}

export interface BearerTokenRow {
  id: Generated<number>;
  user: number;
  name: string;
  hash: Buffer;
  scopes: string;
  created_at: string;
  expires_at: string;
}

export interface WorkRequestRow {
  id: Generated<number>;
  operation_type: string;
  status: 'ACCEPTED' | 'IN_PROGRESS' | 'FAILED' | 'SUCCEEDED' | 'CANCELLING' | 'CANCELED';
  compartment: Generated<string>;
  description: Generated<string>;
  message: string | null;
  instance: number | null;
  resources: Generated<string>;
  percent: Generated<number>;
  parent: number | null;
  job: number | null;
  due_at: string | null;
  run: string | null;
  outcome: WorkOutcome | null;
  changes: string | null;
  created_by: string;
  accepted_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** What became of the actions of a child of a run, or of a single instance's work request. */
export type WorkOutcome =
  | 'waiting'
  | 'queued'
  | 'picked_up'
  | 'done'
  | 'failed'
  | 'timed_out'
  | 'unknown'
  | 'cancelled';
