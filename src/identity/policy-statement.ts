import type { ResourceType, Verb } from './caller.ts';
import { resourceTypes, verbs } from './caller.ts';
import { type Condition, readCondition } from './policy-condition.ts';
import { createReader, type Reader, type Token } from './statement-tokens.ts';

/** `Allow <subject> to <verb> <resource-type> in <scope> [where <condition>]` */
export interface Statement {
  subject: Subject;
  verb: Verb;
  /** What it is about: of a family, its members. */
  types: readonly ResourceType[];
  scope: Scope;
  condition: Condition | undefined;
}

export type Subject =
  | { kind: 'any-user' }
  | { kind: 'group' | 'dynamic-group' | 'service'; names: readonly Named[] };

export type Scope =
  | { kind: 'tenancy'; column: number }
  /** A path, as names from the policy's own compartment downwards. */
  | { kind: 'compartment'; names: readonly Named[] }
  | { kind: 'compartment-id'; id: Named };

/** A name, or an OCID, and where it stands. */
export interface Named extends Pick<Token, 'text' | 'column' | 'start' | 'end'> {
  isId?: true;
}

const allResources = 'all-resources';
const families: Readonly<Record<string, readonly ResourceType[]>> = {
  [allResources]: resourceTypes,
  'osms-family': resourceTypes.filter((type) => type.startsWith('osms-')),
};
const typeNames = [...resourceTypes, ...Object.keys(families)];

/** What the name of a resource-type, or of a family of them, stands for. */
export const typesOf = (name: string): readonly ResourceType[] =>
  families[name] ?? resourceTypes.filter((type) => type === name);

/**
 * Reads a statement of a policy. Keywords may be in any case. Throws AppError 'usage' with detail { column, expected }:
 * `column 14: expected …, found …`. Whether what it names is there is not looked at.
 */
export function parsePolicy(statement: string): Statement {
  const reader = createReader(statement);
  reader.oneOf(['allow'], '"Allow"');
  const subject = readSubject(reader);
  reader.oneOf(['to'], subject.kind === 'any-user' ? '"to"' : '"," or "to"');
  const verb = reader.oneOf(verbs, 'a verb: inspect, read, use or manage');
  const type = reader.oneOf(typeNames, `a resource-type: ${typeNames.join(', ')}`);
  reader.oneOf(['in'], '"in"');
  const scope = readScope(reader);
  const more = scope.kind === 'compartment' ? '":", "where" or the end' : '"where" or the end';
  if (reader.peek().kind === 'end') {
    return { subject, verb, types: typesOf(type), scope, condition: undefined };
  }
  reader.oneOf(['where'], more);
  const condition = readCondition(reader);
  reader.end();
  return { subject, verb, types: typesOf(type), scope, condition };
}

function readSubject(reader: Reader): Subject {
  const kind = reader.oneOf(
    ['group', 'dynamic-group', 'any-user', 'service'],
    '"group", "dynamic-group", "any-user" or "service"',
  );
  if (kind === 'any-user') return { kind };
  const what = { group: 'group', 'dynamic-group': 'dynamic group', service: 'service' }[kind];
  const names: Named[] = [];
  do {
    const isId = kind !== 'service' && reader.takes('id');
    const token = reader.name(isId ? `the OCID of a ${what}` : `the name of a ${what}`);
    names.push(named(token, isId));
  } while (reader.takesSign(','));
  return { kind, names };
}

function readScope(reader: Reader): Scope {
  const { column } = reader.peek();
  const kind = reader.oneOf(['tenancy', 'compartment'], '"tenancy" or "compartment"');
  if (kind === 'tenancy') return { kind, column };
  if (reader.takes('id')) {
    return { kind: 'compartment-id', id: named(reader.name('the OCID of a compartment'), true) };
  }
  const names = [named(reader.name('the name or path of a compartment'))];
  while (reader.takesSign(':')) names.push(named(reader.name('the name of a compartment')));
  return { kind, names };
}

const named = ({ text, column, start, end }: Token, isId = false): Named => ({
  ...{ text, column, start, end },
  ...(isId && { isId }),
});
