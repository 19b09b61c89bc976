import { type Caller, type ResourceType, type Verb, verbs, type Wish } from './caller.ts';
import { isWithin } from './compartment-path.ts';
import type { Compartments } from './compartments.ts';
import type { DynamicGroups } from './dynamic-groups.ts';
import type { Matched } from './matching-rule.ts';
import type { Ocids } from './ocid.ts';
import type { Policies, WrittenGrant } from './policies.ts';
import { holds, type Values } from './policy-condition.ts';
import { typesOf } from './policy-statement.ts';
import type { UserGroups } from './user-groups.ts';
import type { Users } from './users.ts';

export type Authoriser = ReturnType<typeof createAuthoriser>;

interface Deps {
  users: Pick<Users, 'has' | 'ocidOf'>;
  userGroups: Pick<UserGroups, 'of'>;
  dynamicGroups: Pick<DynamicGroups, 'of'>;
  compartments: Pick<Compartments, 'find'>;
  policies: Pick<Policies, 'grants'>;
  ocids: Ocids;
}

/** A machine that would be an instance, or be one again. */
export interface Applicant {
  /** The path of the compartment that it would be in. */
  compartment: string;
  tags: readonly string[];
  /** Of the record that it would take over. */
  id?: number | undefined;
}

/** What policies are asked of. */
interface Asking {
  /** Users are in groups, machines in dynamic ones. */
  kind: 'group' | 'dynamic-group';
  ids: ReadonlySet<number>;
  user: string | undefined;
}

/** Grants by whom they are to: `group 7`, `dynamic-group 3`, `any-user`. */
type Index = ReadonlyMap<string, readonly WrittenGrant[]>;

/** What registering is, for policies. */
const enrolling = {
  verb: 'use',
  type: 'osms-managed-instances',
  operation: 'RegisterManagedInstance',
} as const;

/** Decides who may do what, by the statements of policies: what none of them grants is not allowed. */
export function createAuthoriser(deps: Deps) {
  const { users, userGroups, dynamicGroups, compartments, policies, ocids } = deps;

  let indexed: { of: readonly WrittenGrant[]; index: Index } | undefined;

  function index(): Index {
    const grants = policies.grants();
    if (indexed?.of !== grants) indexed = { of: grants, index: indexOf(grants) };
    return indexed.index;
  }

  function* grantsTo({ kind, ids }: Asking): Generator<WrittenGrant> {
    const known = index();
    for (const id of ids) yield* known.get(`${kind} ${id}`) ?? [];
    yield* known.get('any-user') ?? [];
  }

  /** A statement by which somebody may do something. */
  function granting(asking: Asking, wish: Wish): WrittenGrant | undefined {
    const rank = verbs.indexOf(wish.verb);
    let values: Values | undefined;
    // What is in no compartment that is there is nobody's.
    if (!compartments.find(wish.compartment)) return undefined;
    for (const grant of grantsTo(asking)) {
      if (grant.rank < rank || !grant.types.has(wish.type)) continue;
      if (!isWithin(wish.compartment, grant.scope)) continue;
      if (grant.condition === undefined) return grant;
      values ??= valuesOf(asking.user, wish);
      if (holds(grant.condition, values)) return grant;
    }
    return undefined;
  }

  function valuesOf(user: string | undefined, wish: Wish): Values {
    const compartment = compartments.find(wish.compartment);
    return {
      'request.operation': wish.operation,
      'request.user.name': user,
      // An OCID costs more than the rest together.
      get 'request.user.id'() {
        return user === undefined ? undefined : users.ocidOf(user);
      },
      // By its name, and by its whole path.
      'target.compartment.name': compartment && [compartment.name, compartment.path],
      'target.compartment.id': compartment?.ocid,
      'target.resource.id': wish.target,
    };
  }

  /** By what rules of dynamic groups know a machine. */
  function matched({ id, compartment, tags }: Applicant): Matched {
    const ids = id === undefined ? [] : [String(id), ocids.of('instance', id)];
    return { ids, compartment: compartments.find(compartment)?.ocid ?? '', tags };
  }

  const machine = (applicant: Applicant): Asking => ({
    ...{ kind: 'dynamic-group', ids: dynamicGroups.of(matched(applicant)), user: undefined },
  });

  function asking({ kind, name, instance }: Caller): Asking | undefined {
    if (kind === 'instance') return instance && machine(instance);
    if (!users.has(name)) return undefined;
    return { kind: 'group', ids: userGroups.of(name), user: name };
  }

  /** The statement that lets a caller do something; undefined where none does. */
  function why(caller: Caller, wish: Wish): WrittenGrant | undefined {
    const { scopes } = caller;
    if (scopes !== undefined && !scopes.some((scope) => covers(scope, wish))) return undefined;
    const who = asking(caller);
    return who && granting(who, wish);
  }

  return {
    why,
    matched,
    may: (caller: Caller, wish: Wish): boolean => why(caller, wish) !== undefined,

    /** Whether a user may register machines in a compartment, and say on them what they have, with a name and a password. */
    mayRegisterMachines(user: string, compartment: string): boolean {
      const caller = { kind: 'user', name: user, actor: `user:${user}`, by: 'basic' } as const;
      return why({ ...caller, scopes: undefined }, { ...enrolling, compartment }) !== undefined;
    },

    /** Whether a machine may become an instance, or one again: one that `use osms-managed-instances` is granted to. */
    mayRegister(applicant: Applicant): boolean {
      const who = machine(applicant);
      const { id, compartment } = applicant;
      const target = id === undefined ? {} : { target: ocids.of('instance', id) };
      const wish: Wish = { ...enrolling, compartment, ...target };
      return granting(who, wish) !== undefined;
    },
  };
}

function indexOf(grants: readonly WrittenGrant[]): Index {
  const found = new Map<string, WrittenGrant[]>();
  for (const grant of grants) {
    const keys =
      grant.to === 'any-user' ? [grant.to] : [...grant.ids].map((id) => `${grant.to} ${id}`);
    for (const key of keys) {
      const list = found.get(key);
      if (list) list.push(grant);
      else found.set(key, [grant]);
    }
  }
  return found;
}

const covers = (scope: { verb: Verb; type: string }, { verb, type }: Wish): boolean =>
  verbs.indexOf(scope.verb) >= verbs.indexOf(verb) &&
  typesOf(scope.type).includes(type satisfies ResourceType);
