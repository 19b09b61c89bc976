import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../src/base/errors.ts';
import { matchingRule } from '../src/identity/matching-rule.ts';
import { type Condition, holds } from '../src/identity/policy-condition.ts';
import {
  parsePolicy,
  type Scope,
  type Statement,
  type Subject,
} from '../src/identity/policy-statement.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';
import type { Reader } from './readers.ts';

const statements = [
  'Allow group Administrators to manage all-resources in tenancy',
  "allow dynamic-group Web, 'Lab 2' to use osms-managed-instances in compartment a:'b c':d",
  "Allow any-user to read osms-family in tenancy where request.operation = 'GetSoftwareSource'",
  "Allow group id ocid1.group.oc1..aa to inspect users in compartment id ocid1.compartment.oc1..bb where all {request.user.name != 'ada', any {target.compartment.name = /*a*b*/, target.resource.id = 'x'}}",
  'Allow service osms to use osms-errata in tenancy where request.operation != /List*/',
];
const rules = [
  "ANY {instance.compartment.id = 'ocid1.compartment.oc1..aa', instance.id != '1000010000'}",
  "ALL {tag.env.value = 'prod', tag.web, ANY {tag.a.b.value, tag.c.value != ''}}",
  "instance.id != ''",
];

/** What people write of who may do what. */
export const statementReaders: Readonly<Record<string, Reader>> = {
  policy: {
    samples: async () => statements.map((s) => Buffer.from(s)),
    mutate: mutateWords,
    check: bounded((text) => {
      const read = parsePolicy(text);
      const again = parsePolicy(written(read));
      if (!isDeepStrictEqual(placeless(again), placeless(read))) {
        throw new Error(`it is read otherwise when it is written: ${written(read)}`);
      }
      if (read.types.length === 0) throw new Error('it is about nothing');
      // What is asked for is not known: no test holds.
      if (read.condition && holds(read.condition, {})) throw new Error('nothing is enough');
      if (read.condition) holds(read.condition, { 'request.operation': 'a*b'.repeat(100) });
    }),
  },
  matchingRule: {
    samples: async () => rules.map((r) => Buffer.from(r)),
    mutate: mutateWords,
    check: bounded((text) => {
      const fits = matchingRule(text);
      const instance = { ids: ['1'], compartment: 'a', tags: ['web', 'env=prod'] };
      if (typeof fits(instance) !== 'boolean') throw new Error('it neither fits nor does not');
    }),
  },
};

/** A refusal says where: at a character of the statement, or at its end. */
function bounded(read: (text: string) => void): Reader['check'] {
  return (input) => {
    const text = input.toString('utf8');
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof AppError) || error.detail === undefined) throw error;
      const { column } = error.detail;
      if (typeof column === 'number' && column >= 1 && column <= text.length + 1) throw error;
      throw new Error(`it is refused at column ${column}: ${error.message}`);
    }
  };
}

const words = [...statements, ...rules].flatMap(
  (s) => s.match(/[A-Za-z0-9_.-]+|[^\sA-Za-z0-9]|\s+/g)!,
);

/** Exchanges, drops and repeats words and signs. */
function mutateWords(bytes: Buffer, random: Random): Buffer {
  if (random.oneIn(5)) return mutateBytes(bytes, random);
  const parts = bytes.toString('utf8').match(/[A-Za-z0-9_.-]+|[^\sA-Za-z0-9]|\s+/g) ?? [];
  for (let n = random.pick([1, 1, 1, 2, 4]); n > 0; n--) {
    const at = random.below(parts.length + 1);
    const some = random.pick([[], [random.pick(words)], parts.slice(at, at + random.below(8))]);
    parts.splice(at, random.pick([0, 1, 1, 3]), ...some);
  }
  return Buffer.from(parts.join(''));
}

/** A statement with quotes around all that may have some. */
function written({ subject, verb, types, scope, condition }: Statement): string {
  const family =
    types.length === 1 ? types[0] : types.includes('users') ? 'all-resources' : 'osms-family';
  const where = condition ? ` where ${writtenCondition(condition)}` : '';
  return `Allow ${writtenSubject(subject)} to ${verb} ${family} in ${writtenScope(scope)}${where}`;
}

function writtenSubject(subject: Subject): string {
  if (subject.kind === 'any-user') return subject.kind;
  const names = subject.names.map(({ text, isId }) => `${isId ? 'id ' : ''}'${text}'`);
  return `${subject.kind} ${names.join(', ')}`;
}

function writtenScope(scope: Scope): string {
  if (scope.kind === 'tenancy') return scope.kind;
  if (scope.kind === 'compartment-id') return `compartment id '${scope.id.text}'`;
  return `compartment ${scope.names.map(({ text }) => `'${text}'`).join(':')}`;
}

function writtenCondition(condition: Condition): string {
  if (condition.kind !== 'test') {
    return `${condition.kind} {${condition.of.map(writtenCondition).join(', ')}}`;
  }
  const { variable, not, value, isPattern } = condition;
  const quote = isPattern ? '/' : "'";
  return `${variable} ${not ? '!=' : '='} ${quote}${value}${quote}`;
}

/** Without where things stand. */
const placeless = (statement: Statement): unknown =>
  JSON.parse(
    JSON.stringify(statement, (key, value) =>
      ['column', 'start', 'end'].includes(key) ? undefined : value,
    ),
  );
