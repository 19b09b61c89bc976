import { AppError } from '../base/errors.ts';
import type { Resource, Resources } from '../identity/resources.ts';
import type { Group } from '../store/state/groups.ts';
import { createTurns } from './turns.ts';

/** What is said of a group; what is left out stays as it is. */
export interface GroupChange {
  /** Null for its name. */
  displayName?: string | null | undefined;
  description?: string | undefined;
  /** A path; empty for the root. */
  compartment?: string | undefined;
  freeformTags?: Record<string, string> | undefined;
  definedTags?: Record<string, Record<string, unknown>> | undefined;
  /** As it was asked for: all members are of Linux. */
  osFamily?: 'LINUX' | 'ALL' | undefined;
}

/** A group with what is said of it. */
export interface ShownGroup extends Group {
  ocid: string;
  displayName: string;
  description: string | null;
  compartment: string;
  freeformTags: Record<string, string>;
  definedTags: Record<string, Record<string, unknown>>;
  osFamily: 'LINUX' | 'ALL';
}

export interface GroupPlacesDeps {
  resources: Resources;
  /** Whether there is a compartment of this path. */
  hasCompartment(path: string): boolean;
}

const longestName = 255;
const longestDescription = 1000;

/** Where groups are in the tree of compartments, and what people say of them. */
export function createGroupPlaces({ resources, hasCompartment }: GroupPlacesDeps) {
  const inTurn = createTurns();
  return {
    /** Throws AppErrors on what cannot be said of a group. */
    check({ displayName, description, compartment }: GroupChange): void {
      if (displayName != null && !isShort(displayName, longestName, 1)) {
        throw new AppError('usage', `a display name has 1 to ${longestName} characters`);
      }
      if (description !== undefined && !isShort(description, longestDescription)) {
        throw new AppError('usage', `a description has at most ${longestDescription} characters`);
      }
      if (compartment !== undefined && !hasCompartment(compartment))
        throw noCompartment(compartment);
    },

    async shown(groups: readonly Group[]): Promise<ShownGroup[]> {
      const found = await resources.ofAll(
        'group',
        groups.map((group) => group.name),
      );
      return groups.map((group) => shownGroup(group, found.get(group.name)!));
    },

    change: (name: string, about: GroupChange): Promise<void> =>
      inTurn(name, async () => {
        const { displayName, compartment, ...said } = about;
        const details = Object.fromEntries(Object.entries(said).filter(([, v]) => v !== undefined));
        const before = await resources.of('group', name);
        await resources.change('group', name, {
          ...(displayName !== undefined && { displayName }),
          ...(compartment !== undefined && { compartment }),
          ...(Object.keys(details).length > 0 && { details: { ...before.details, ...details } }),
        });
      }),

    forget: (name: string) => resources.forget('group', name),
  };
}

export const noCompartment = (path: string) =>
  new AppError('not_found', `there is no compartment ${path}`, {
    hint: 'see `headwater compartment list`',
  });

function shownGroup(
  group: Group,
  { ocid, compartment, displayName, details }: Resource,
): ShownGroup {
  return {
    ...group,
    ocid,
    compartment,
    displayName: displayName ?? group.name,
    description: details.description ?? null,
    freeformTags: details.freeformTags ?? {},
    definedTags: details.definedTags ?? {},
    osFamily: details.osFamily === 'ALL' ? 'ALL' : 'LINUX',
  };
}

const isShort = (text: string, most: number, least = 0): boolean =>
  text.trim().length >= least && text.length <= most;
