import { z } from 'zod';
import { oneLine } from '../../base/errors.ts';
import type { Ocids } from '../../identity/ocid.ts';
import type { Resource } from '../../identity/resources.ts';

/** Below which all operations are: the API's version. */
export const apiRoot = '/20190801';

/** How the API writes architectures that sources have; of others it says nothing. */
const archTypes: Record<string, string> = {
  i386: 'IA_32',
  i486: 'IA_32',
  i586: 'IA_32',
  i686: 'IA_32',
  x86_64: 'X86_64',
  aarch64: 'AARCH64',
  sparc64: 'SPARC',
};
const archs: Record<string, string> = {
  IA_32: 'i386',
  X86_64: 'x86_64',
  AARCH64: 'aarch64',
  SPARC: 'sparc64',
};

/** What people call a resource: it stands in the files of clients, on terminals and in logs. */
export const displayNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine((name) => oneLine(name) === name, 'one line without control characters');

/** The ArchTypes that a client may name. */
export const archTypeNames = ['IA_32', 'X86_64', 'AARCH64', 'SPARC', 'AMD64_DEBIAN'] as const;

/** ArchTypes of an architecture as rpm names it, or as an instance does (x86_64-redhat-linux). */
export function archTypeOf(arch: string | null | undefined): string | undefined {
  const plain = arch?.split('-')[0];
  return plain === undefined ? undefined : archTypes[plain];
}

/** The architecture as rpm names it; undefined for what no source can have. */
export const archOf = (archType: string | undefined): string | undefined =>
  archType === undefined ? undefined : archs[archType];

/** A SoftwareSourceId. */
export const sourceId = (
  resource: Pick<Resource, 'ocid' | 'displayName' | 'subject'>,
  source?: { name: string },
): { id: string; name: string } => ({
  id: resource.ocid,
  name: resource.displayName ?? source?.name ?? resource.subject,
});

/** The OCID of a managed instance. */
export const instanceId = (ocids: Ocids, id: number): string => ocids.of('instance', id);

/** A time as the API writes it: RFC 3339 in UTC. */
export function timeOf(time: string | number | Date): string;
export function timeOf(time: string | number | Date | null | undefined): string | undefined;
export function timeOf(time: string | number | Date | null | undefined): string | undefined {
  return time === null || time === undefined ? undefined : new Date(time).toISOString();
}
