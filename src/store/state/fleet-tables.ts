import type { Generated } from 'kysely';
import type { AuditEntry } from './audit.ts';

/** The tables of managed instances, as `schema/008-fleet.sql` says what is in them. */
export interface FleetTables {
  instance: InstanceRow;
  hardware: { instance: number; entries: string };
  instance_tag: { instance: number; tag: string };
  instance_group: { name: string; created_at: string };
  group_member: { group: string; instance: number };
  group_source: { group: string; label: string };
  attachment: AttachmentRow;
  lens: LensRow;
  channel_change: { channel: string; digest: string; modified: number };
  nevra: NevraRow;
  profile: {
    instance: number;
    packages: Buffer;
    count: number;
    digest: Buffer;
    changed_at: string;
  };
  registration_key: RegistrationKeyRow;
  session_key: { id: Generated<number>; key: Buffer; created_at: string };
  action: ActionRow;
  advisory_number: { number: Generated<number>; id: string };
  audit: AuditRow;
}

export interface InstanceRow {
  id: Generated<number>;
  name: string;
  state: 'registering' | 'registered';
  credential: Buffer;
  password: Buffer | null;
  certificate: Buffer | null;
  os_name: string;
  os_release: string;
  arch: string;
  kernel: string | null;
  agent_version: string | null;
  capabilities: Generated<string>;
  smbios_uuid: string | null;
  compartment: string | null;
  owner: string;
  registered_at: string;
  seen_at: string | null;
  booted_at: string | null;
  address: string | null;
  twin_of: number | null;
}

export interface AttachmentRow {
  instance: number;
  label: string;
  served: string | null;
  since: number;
  history: Generated<number>;
}

export interface LensRow {
  scope: 'instance' | 'group';
  subject: string;
  label: string;
  channel: string;
  under: 'own' | 'parent';
  definition: string;
}

export interface NevraRow {
  id: Generated<number>;
  name: string;
  epoch: string;
  version: string;
  release: string;
  arch: string;
}

export interface RegistrationKeyRow {
  id: Generated<number>;
  name: string;
  hash: Buffer;
  reactivates: number | null;
  takeover_ms: number | null;
  sources: string;
  groups: string;
  tags: string;
  compartment: string | null;
  uses: number | null;
  used: Generated<number>;
  expires_at: string | null;
  revoked_at: string | null;
  created_at: string;
  created_by: string;
}

export interface ActionRow {
  id: Generated<number>;
  instance: number;
  kind: string;
  params: string;
  state: 'queued' | 'picked_up' | 'completed' | 'failed' | 'unknown' | 'expired' | 'cancelled';
  prerequisite: number | null;
  earliest_at: string;
  expires_at: string | null;
  tries: Generated<number>;
  picked_up_at: string | null;
  ended_at: string | null;
  status: number | null;
  message: string | null;
  result: string | null;
  created_at: string;
  created_by: string;
  work_request: number | null;
}

export interface AuditRow extends AuditEntry {
  id: Generated<number>;
}
