import { type ResourceType, verbs } from './caller.ts';
import { isWithin, lastNameOf, parentOf } from './compartment-path.ts';
import type { Compartments } from './compartments.ts';
import type { DynamicGroups } from './dynamic-groups.ts';
import type { Condition } from './policy-condition.ts';
import type { Named, Scope, Statement, Subject } from './policy-statement.ts';
import { unexpected } from './statement-tokens.ts';
import type { UserGroups } from './user-groups.ts';

/** What a statement of a policy comes to here and now. */
export interface Grant {
  to: 'any-user' | 'group' | 'dynamic-group' | 'service';
  /** Of the groups. */
  ids: ReadonlySet<number>;
  /** The place of its verb among the verbs: those before it are granted as well. */
  rank: number;
  types: ReadonlySet<ResourceType>;
  /** The path of the compartment in which, and below which, it is granted. */
  scope: string;
  condition: Condition | undefined;
}

export interface Places {
  compartments: Pick<Compartments, 'has' | 'pathOf'>;
  userGroups: Pick<UserGroups, 'find' | 'all'>;
  dynamicGroups: Pick<DynamicGroups, 'find' | 'all'>;
}

/**
 * Finds what a statement of a policy in `compartment` names. Throws AppError 'usage', as parsePolicy does, for what is not
 * there, or not in that compartment.
 */
export function grantOf(statement: Statement, compartment: string, places: Places): Grant {
  const { subject, verb, types, condition } = statement;
  return {
    to: subject.kind,
    ids: idsOf(subject, places),
    rank: verbs.indexOf(verb),
    types: new Set(types),
    scope: scopeOf(statement.scope, compartment, places),
    condition,
  };
}

/** The compartments that a scope names on its way down, with where it does. */
export function compartmentsNamed(
  scope: Scope,
  compartment: string,
  { compartments }: Pick<Places, 'compartments'>,
): { path: string; by: Named }[] {
  if (scope.kind === 'tenancy') return [];
  if (scope.kind === 'compartment-id') {
    const path = compartments.pathOf(scope.id.text);
    return path === undefined ? [] : [{ path, by: scope.id }];
  }
  const [first] = scope.names;
  const below = joined(compartment, first!.text);
  // The policy's own compartment may be named as well.
  const isOwn = compartment !== '' && lastNameOf(compartment) === first!.text;
  let path = isOwn && !compartments.has(below) ? parentOf(compartment) : compartment;
  return scope.names.map((by) => {
    path = joined(path, by.text);
    return { path, by };
  });
}

const joined = (path: string, name: string) => (path === '' ? name : `${path}:${name}`);

function scopeOf(scope: Scope, compartment: string, places: Places): string {
  if (scope.kind === 'tenancy') {
    if (compartment === '') return '';
    throw unexpected(scope, '"compartment": only policies of the root grant more', '"tenancy"');
  }
  const named = compartmentsNamed(scope, compartment, places);
  const absent = named.find(({ path }) => !places.compartments.has(path));
  const { path, by } = absent ?? named.at(-1) ?? { path: undefined, by: undefined };
  if (absent || path === undefined) {
    const at = by ?? (scope.kind === 'compartment-id' ? scope.id : scope.names[0]!);
    const where = compartment === '' ? '' : ` in ${compartment}`;
    throw unexpected(at, `a compartment that is there${where}`, `"${at.text}"`);
  }
  if (!isWithin(path, compartment)) {
    throw unexpected(by!, `a compartment in ${compartment}`, `"${by!.text}"`);
  }
  return path;
}

function idsOf(subject: Subject, { userGroups, dynamicGroups }: Places): Set<number> {
  if (subject.kind === 'any-user' || subject.kind === 'service') return new Set();
  const isUsers = subject.kind === 'group';
  const groups = isUsers ? userGroups : dynamicGroups;
  const found = subject.names.map((name) => {
    const { text, isId } = name;
    const group = isId ? groups.all().find(({ ocid }) => ocid === text) : groups.find(text);
    if (group) return group.id;
    const what = isUsers ? 'a group of users' : 'a dynamic group';
    throw unexpected(name, `${what} that is there`, `"${text}"`);
  });
  return new Set(found);
}
