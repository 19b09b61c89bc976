import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { matchingRule } from '../../src/identity/matching-rule.ts';
import { parsePolicy } from '../../src/identity/policy-statement.ts';

/** The column of a refusal, and what it says. */
function refusal(read: () => unknown): [unknown, string] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.kind).toBe('usage');
    expect(error.message).toContain(`column ${error.detail?.column}: expected `);
    return [error.detail?.column, error.message.replace(/^column \d+: /, '')];
  }
  throw new Error('it is read');
}

const text = (names: readonly { text: string }[]) => names.map((n) => n.text);

it('A statement says to whom, what, on what, where and when', () => {
  const read = parsePolicy(
    "Allow group Admins, 'web ops' to use osms-software-sources in compartment a:b:'c d' where request.operation = 'GetSoftwareSource'",
  );
  expect(read).toMatchObject({
    subject: { kind: 'group' },
    verb: 'use',
    types: ['osms-software-sources'],
    scope: { kind: 'compartment' },
    condition: {
      ...{ kind: 'test', variable: 'request.operation', not: false },
      ...{ value: 'GetSoftwareSource', isPattern: false },
    },
  });
  expect(read.subject.kind === 'group' && text(read.subject.names)).toEqual(['Admins', 'web ops']);
  expect(read.scope.kind === 'compartment' && text(read.scope.names)).toEqual(['a', 'b', 'c d']);
});

it('Keywords may be in any case, with any spaces between', () => {
  const read = parsePolicy(
    "  ALLOW Any-User\tTO Manage All-Resources IN Tenancy WHERE ALL{request.user.name!='a',ANY{ target.compartment.name = /x*/ }} ",
  );
  expect(read).toMatchObject({
    ...{ subject: { kind: 'any-user' }, verb: 'manage', scope: { kind: 'tenancy' } },
    condition: {
      kind: 'all',
      of: [
        { variable: 'request.user.name', not: true },
        { kind: 'any', of: [{ isPattern: true, value: 'x*' }] },
      ],
    },
  });
  expect(read.types).toContain('policies');
});

it('A family is its members', () => {
  const { types } = parsePolicy('Allow any-user to read osms-family in tenancy');
  expect(types).toContain('osms-errata');
  expect(types).toContain('osms-managed-instances');
  expect(types.every((type) => type.startsWith('osms-'))).toBe(true);
});

const ocid = `ocid1.compartment.oc1..${'a'.repeat(60)}`;
it.each([
  'Allow service osms to use osms-family in tenancy',
  'allow dynamic-group Web, Lab to use osms-managed-instances in tenancy',
  `Allow group id ocid1.group.oc1..aa to read users in compartment id ${ocid}`,
  "Allow group A to read osms-family in tenancy where target.resource.id != 'x'",
  "Allow group A to read osms-family in tenancy where request.user.id = 'x'",
])('It is a statement: %s', (statement) => {
  expect(parsePolicy(statement)).toBeTypeOf('object');
});

it.each([
  ['', 1, 'expected "Allow", found the end'],
  ['Permit any-user', 1, 'expected "Allow", found "Permit"'],
  ['Allow user ada', 7, 'expected "group", "dynamic-group", "any-user" or "service", found "user"'],
  ['Allow group to read', 16, 'expected "," or "to", found "read"'],
  ['Allow group A, to read', 19, 'expected "," or "to", found "read"'],
  ["Allow group '' to read", 13, 'expected the name of a group, found "\'\'"'],
  ['Allow group A B to read', 15, 'expected "," or "to", found "B"'],
  ['Allow any-user too read', 16, 'expected "to", found "too"'],
  ['Allow any-user to write x', 19, 'expected a verb: inspect, read, use or manage, found "write"'],
  ['Allow any-user to read instances in tenancy', 24, 'expected a resource-type: osms-'],
  ['Allow any-user to read users on tenancy', 30, 'expected "in", found "on"'],
  ['Allow any-user to read users in tenant', 33, 'expected "tenancy" or "compartment"'],
  ['Allow any-user to read users in compartment', 44, 'expected the name or path of a compartment'],
  ['Allow any-user to read users in compartment a:', 47, 'expected the name of a compartment'],
  ['Allow any-user to read users in compartment id', 47, 'expected the OCID of a compartment'],
  [
    'Allow any-user to read users in compartment a b',
    47,
    'expected ":", "where" or the end, found "b"',
  ],
  ['Allow any-user to read users in tenancy:a', 40, 'expected "where" or the end, found ":"'],
  [
    'Allow any-user to read users in tenancy where',
    46,
    'expected "any", "all" or a variable: request.',
  ],
  ["Allow any-user to read users in tenancy where request.ip = '1'", 47, 'or a variable: request.'],
  [
    "Allow any-user to read users in tenancy where request.operation 'x'",
    65,
    'expected "=" or "!="',
  ],
  [
    'Allow any-user to read users in tenancy where request.operation = x',
    67,
    'expected a text in single quotes',
  ],
  [
    'Allow any-user to read users in tenancy where any {}',
    52,
    'expected "any", "all" or a variable',
  ],
  [
    "Allow any-user to read users in tenancy where any {request.operation = 'x'",
    75,
    'expected "," or "}", found the end',
  ],
  [
    "Allow any-user to read users in tenancy where request.operation = 'x' and",
    71,
    'expected the end, found "and"',
  ],
  [
    "Allow any-user to read users in tenancy where request.operation = 'x",
    69,
    'expected the quote that ends the text',
  ],
  [
    'Allow any-user to read users in tenancy where request.operation = /x',
    69,
    'expected the slash that ends the pattern',
  ],
  [
    'Allow any-user to read users in tenancy where request.operation ! x',
    65,
    'expected a word, found "!"',
  ],
  ['Allow any-user to {USER_READ} in tenancy', 19, 'expected a verb'],
  ['Endorse group A to read users in tenancy', 1, 'expected "Allow", found "Endorse"'],
])('It is no statement: %s', (statement, column, message) => {
  const [at, said] = refusal(() => parsePolicy(statement));
  expect(said).toContain(message);
  expect(at).toBe(column);
});

it('What is too deep or too long is refused', () => {
  const start = 'Allow any-user to read users in tenancy where ';
  const test = "request.operation = 'x'";
  const deep = (n: number) => start + 'any {'.repeat(n) + test + '}'.repeat(n);
  expect(parsePolicy(deep(8)).condition).toBeDefined();
  expect(refusal(() => parsePolicy(deep(9)))[1]).toContain('at most 8 braces');
  expect(() => parsePolicy(start.padEnd(4001))).toThrow('4000 characters at most');
});

const instance = {
  ids: ['1000010000', 'ocid1.instance.oc1..x'],
  compartment: 'c1',
  tags: ['web', 'env=prod', 'a.b=c'],
};

it.each([
  ["ANY {instance.compartment.id = 'c1'}", true],
  ["ALL {instance.compartment.id = 'c2'}", false],
  ["any {instance.compartment.id = 'c2', instance.id = '1000010000'}", true],
  ["All {instance.compartment.id = 'c1', instance.id = 'ocid1.instance.oc1..x'}", true],
  ["ALL {instance.compartment.id = 'c1', instance.id != '1000010000'}", false],
  ["instance.compartment.id != 'c2'", true],
  ["ANY {tag.env.value = 'prod'}", true],
  ["ANY {tag.env.value = 'web'}", false],
  ["ANY {tag.env.value != 'prod'}", false],
  ["ANY {tag.none.value != 'prod'}", true],
  ["ANY {tag.a.b.value = 'c'}", true],
  ['ALL {tag.web, tag.env, tag.env.value}', true],
  ['ANY {tag.we}', false],
  ["ALL {ANY {tag.we, tag.web}, instance.compartment.id = 'c1'}", true],
])('The rule of a dynamic group: %s → %s', (rule, fits) => {
  expect(matchingRule(rule)(instance)).toBe(fits);
});

it.each([
  ['', 1, 'expected "ANY", "ALL", instance.id'],
  ['ANY', 4, 'expected "{", found the end'],
  ['ANY {}', 6, 'expected "ANY", "ALL", instance.id'],
  ["ANY {instance.name = 'x'}", 6, 'expected "ANY", "ALL", instance.id'],
  ["ANY {instance.id 'x'}", 18, 'expected "=" or "!="'],
  ['ANY {instance.id = /x*/}', 20, 'expected a text in single quotes'],
  ["ANY {tag.a = 'x'}", 12, 'values are compared by tag.a.value'],
  ["ANY {instance.id = 'x'", 23, 'expected "," or "}"'],
  ["ANY {instance.id = 'x'} or", 25, 'expected the end, found "or"'],
])('It is no rule: %s', (rule, column, message) => {
  const [at, said] = refusal(() => matchingRule(rule));
  expect(said).toContain(message);
  expect(at).toBe(column);
});
