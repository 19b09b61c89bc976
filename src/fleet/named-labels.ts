import type { AttachmentTable } from '../store/state/attachments.ts';
import type { GroupTable } from '../store/state/groups.ts';
import type { RegistrationKeys } from './registration-keys.ts';

interface Deps {
  attachments: Pick<AttachmentTable, 'instancesWith'>;
  groups: Pick<GroupTable, 'list'>;
  keys: Pick<RegistrationKeys, 'list'>;
  /** What instances get where nobody says otherwise. */
  defaults(): { sources: string[] }[];
}

/**
 * Says whether instances have, or would get, a source of a label, be there one or not: whoever makes one of that label decides
 * what they install.
 */
export function createNamedLabels({ attachments, groups, keys, defaults }: Deps) {
  return async (label: string): Promise<boolean> => {
    const names = ({ sources }: { sources: readonly string[] }) => sources.includes(label);
    if (defaults().some(names)) return true;
    if ((await attachments.instancesWith(label)).length > 0) return true;
    if ((await groups.list()).some(names)) return true;
    return (await keys.list()).some((key) => key.revokedAt === null && names(key));
  };
}
