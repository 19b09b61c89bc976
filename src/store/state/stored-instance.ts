import type { Selectable } from 'kysely';
import type { InstanceRow } from './fleet-tables.ts';

/** A managed instance. Times in RFC 3339. */
export interface Instance {
  id: number;
  /** The profile name: a host's name unless somebody chose another. */
  name: string;
  /** Whether its machine did not show yet that it holds its systemid. */
  registering: boolean;
  /** Of the package that says the release: oraclelinux-release. */
  osName: string;
  /** As the client says it: 8, 7Server. */
  osRelease: string;
  /** Canonical: x86_64-redhat-linux. */
  arch: string;
  kernel: string | null;
  agentVersion: string | null;
  /** name(version)=value, separated by commas, sorted. */
  capabilities: string;
  smbiosUuid: string | null;
  compartment: string | null;
  /** Who registered it: a user, or who made the registration key. */
  owner: string;
  registeredAt: string;
  /** Its last check-in. */
  seenAt: string | null;
  bootedAt: string | null;
  /** Of its last check-in. */
  address: string | null;
  /** An instance with the same SMBIOS UUID that was there before. */
  twinOf: number | null;
  tags: readonly string[];
  groups: readonly string[];
}

/** An instance with the SHA-256 of what proves to be it. */
export interface StoredInstance {
  instance: Instance;
  credential: Buffer;
  password: Buffer | null;
  certificate: Buffer | null;
}

/** A row of the table, with what was joined to it as JSON. */
export function stored(
  row: Selectable<InstanceRow> & { tags: string; groups: string },
): StoredInstance {
  return {
    instance: {
      id: row.id,
      name: row.name,
      registering: row.state === 'registering',
      osName: row.os_name,
      osRelease: row.os_release,
      arch: row.arch,
      kernel: row.kernel,
      agentVersion: row.agent_version,
      capabilities: row.capabilities,
      smbiosUuid: row.smbios_uuid,
      compartment: row.compartment,
      owner: row.owner,
      registeredAt: row.registered_at,
      seenAt: row.seen_at,
      bootedAt: row.booted_at,
      address: row.address,
      twinOf: row.twin_of,
      tags: JSON.parse(row.tags) as string[],
      groups: JSON.parse(row.groups) as string[],
    },
    credential: row.credential,
    password: row.password,
    certificate: row.certificate,
  };
}
