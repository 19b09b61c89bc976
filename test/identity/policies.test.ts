import { expect, it } from 'vitest';
import type { Caller, Wish } from '../../src/identity/caller.ts';
import { machine, openIdentity, type TestIdentity, user } from './identity.ts';

const callers: Record<string, Caller> = {
  ada: user('ada'),
  bob: user('bob'),
  nobody: user('nobody'),
  gone: user('gone'),
  web: machine(1, 'a:b', ['role=web']),
  db: machine(2, 'c'),
};

/** `caller verb type compartment operation`, the last two may be missing; `-` is the root. */
function wishOf(text: string): { caller: Caller; wish: Wish } {
  const [name, verb, type, compartment = '-', operation] = text.split(' ') as string[];
  const wish = { verb, type, compartment: compartment === '-' ? '' : compartment } as Wish;
  return { caller: callers[name!]!, wish: { ...wish, ...(operation && { operation }) } };
}

/** People and machines, without any policy. */
async function createWorld(): Promise<TestIdentity> {
  const world = await openIdentity();
  for (const { name } of world.policies.all()) await world.policies.remove(name, 'test');
  for (const path of ['a', 'a:b', 'a:b:d', 'ab', 'c'])
    await world.compartments.create(path, '', 'test');
  await world.person('ada', 'Ops', 'Both');
  await world.person('bob', 'Devs', 'Both');
  await world.person('nobody');
  await world.dynamicGroups.create(
    { name: 'Web', rule: "ANY {tag.role.value = 'web'}", description: '' },
    'test',
  );
  return world;
}

const ins = 'osms-managed-instances';
const src = 'osms-software-sources';

/** A statement, and what it makes allowed and leaves as it is. */
const table: { statement: string; of?: string; allows: string[]; leaves: string[] }[] = [
  {
    statement: 'Allow group Ops to manage all-resources in tenancy',
    allows: [`ada manage ${ins} a:b`, 'ada manage policies', 'ada inspect osms-events c'],
    leaves: [`bob inspect ${ins}`, `nobody read ${src}`, `gone read ${src}`, `web use ${ins} a:b`],
  },
  {
    statement: 'Allow group Ops to use osms-managed-instances in tenancy',
    allows: [`ada inspect ${ins}`, `ada read ${ins} c`, `ada use ${ins} a`],
    leaves: [
      `ada manage ${ins}`,
      `ada use ${src}`,
      'ada use osms-managed-instance-groups',
      `bob use ${ins}`,
    ],
  },
  {
    statement: 'Allow group Ops to inspect osms-family in tenancy',
    allows: [`ada inspect ${ins}`, 'ada inspect osms-work-requests', 'ada inspect osms-errata'],
    leaves: [
      `ada read ${ins}`,
      'ada inspect users',
      'ada inspect compartments',
      'ada inspect policies',
    ],
  },
  {
    statement: 'Allow group Ops, Devs to read osms-errata in tenancy',
    allows: ['ada read osms-errata', 'bob read osms-errata c'],
    leaves: ['nobody read osms-errata', 'bob use osms-errata'],
  },
  {
    statement: 'Allow group oPS to read osms-errata in tenancy',
    allows: ['ada read osms-errata'],
    leaves: ['bob read osms-errata'],
  },
  {
    statement: 'Allow any-user to read osms-software-sources in compartment a:b',
    allows: [
      `ada read ${src} a:b`,
      `nobody read ${src} a:b:d`,
      `web read ${src} a:b`,
      `db read ${src} a:b`,
    ],
    leaves: [
      `ada read ${src} a`,
      `ada read ${src} ab`,
      `ada read ${src}`,
      `gone read ${src} a:b`,
      `ada use ${src} a:b`,
    ],
  },
  {
    statement: 'Allow group Ops to read osms-software-sources in compartment a',
    allows: [`ada read ${src} a`, `ada read ${src} a:b:d`],
    leaves: [
      `ada read ${src} ab`,
      `ada read ${src} c`,
      `ada read ${src}`,
      `ada read ${src} a:none`,
    ],
  },
  {
    statement: 'Allow group Ops to read osms-software-sources in compartment b:d',
    of: 'a',
    allows: [`ada read ${src} a:b:d`],
    leaves: [`ada read ${src} a:b`, `ada read ${src} a`],
  },
  {
    statement: 'Allow group Ops to read osms-software-sources in compartment b',
    of: 'a:b',
    allows: [`ada read ${src} a:b`, `ada read ${src} a:b:d`],
    leaves: [`ada read ${src} a`],
  },
  {
    statement: 'Allow dynamic-group Web to use osms-managed-instances in compartment a',
    allows: [`web use ${ins} a:b`],
    leaves: [`web use ${ins} c`, `db use ${ins} a:b`, `ada use ${ins} a:b`, `web manage ${ins} a`],
  },
  {
    statement: 'Allow service osms to manage all-resources in tenancy',
    allows: [],
    leaves: [`ada inspect ${ins}`, `web inspect ${ins} a:b`],
  },
  {
    statement:
      "Allow group Ops to read osms-family in tenancy where request.operation = 'listManagedInstances'",
    allows: [`ada read ${ins} - ListManagedInstances`, `ada read ${ins} c listManagedInstances`],
    leaves: [`ada read ${ins} - GetManagedInstance`, `ada read ${ins}`],
  },
  {
    statement: 'Allow group Ops to use osms-family in tenancy where request.operation = /Attach*/',
    allows: [`ada use ${ins} - AttachChildSoftwareSourceToManagedInstance`],
    leaves: [`ada use ${ins} - DetachChildSoftwareSourceFromManagedInstance`],
  },
  {
    statement:
      'Allow group Ops to use osms-family in tenancy where request.operation != /*Sou*Inst*/',
    allows: [`ada use ${ins} - UpdateManagedInstance`],
    leaves: [`ada use ${ins} - AttachChildSoftwareSourceToManagedInstance`, `ada use ${ins}`],
  },
  {
    statement: "Allow group Both to manage osms-family in tenancy where request.user.name = 'ada'",
    allows: [`ada manage ${ins}`],
    leaves: [`bob manage ${ins}`],
  },
  {
    statement: "Allow any-user to manage osms-family in tenancy where request.user.name != 'ada'",
    allows: [`bob manage ${ins}`, `nobody manage ${src} c`],
    leaves: [`ada manage ${ins}`, `web manage ${ins}`],
  },
  {
    statement: "Allow group Ops to read osms-family in tenancy where target.compartment.name = 'b'",
    allows: [`ada read ${ins} a:b`],
    leaves: [`ada read ${ins} a`, `ada read ${ins} a:b:d`, `ada read ${ins}`],
  },
  {
    statement:
      "Allow group Ops to read osms-family in tenancy where any {target.compartment.name = 'a:b', target.compartment.name = 'headwater'}",
    allows: [`ada read ${ins} a:b`, `ada read ${ins}`],
    leaves: [`ada read ${ins} c`],
  },
  {
    statement:
      "Allow group Ops to read osms-family in tenancy where all {request.operation = /Get*/, target.compartment.name != 'c'}",
    allows: [`ada read ${ins} a GetManagedInstance`],
    leaves: [`ada read ${ins} c GetManagedInstance`, `ada read ${ins} a ListManagedInstances`],
  },
];

it.each(table)('$statement', async ({ statement, of, allows, leaves }) => {
  const world = await createWorld();
  const allowed = (text: string) => {
    const { caller, wish } = wishOf(text);
    return world.may(caller, wish);
  };
  expect([...allows, ...leaves].filter(allowed), 'without any policy').toEqual([]);
  const name = await world.allow(statement, of);
  expect(
    allows.filter((w) => !allowed(w)),
    'refused',
  ).toEqual([]);
  expect(leaves.filter(allowed), 'allowed').toEqual([]);
  const after = await world.again();
  for (const text of allows) {
    const { caller, wish } = wishOf(text);
    expect(after.why(caller, wish)).toMatchObject({ policy: name, statement });
  }
});

it('OCIDs name groups, compartments, users and resources', async () => {
  const own = await createWorld();
  const { ocid } = own.compartments.require('a:b');
  const group = own.userGroups.require('Ops');
  const wish = { verb: 'read', type: src, compartment: 'a:b' } as const;
  await own.allow(`Allow group id ${group.ocid} to read ${src} in compartment id ${ocid}`);
  expect(own.may(user('ada'), wish)).toBe(true);
  expect(own.may(user('ada'), { ...wish, compartment: 'a' })).toBe(false);
  const where = `target.resource.id = 'ocid1.x', request.user.id = '${own.users.ocidOf('bob')}', target.compartment.id = '${ocid}'`;
  await own.allow(`Allow group Devs to use ${src} in tenancy where all {${where}}`);
  const used = { ...wish, verb: 'use' } as const;
  expect(own.may(user('bob'), { ...used, target: 'ocid1.x' })).toBe(true);
  expect(own.may(user('bob'), { ...used, target: 'ocid1.y' })).toBe(false);
  expect(own.may(user('bob'), used)).toBe(false);
  expect(own.may(user('bob'), { ...used, target: 'ocid1.x', compartment: 'c' })).toBe(false);
});

it.each([
  ['Allow group None to read users in tenancy', '', 13, 'a group of users that is there'],
  ['Allow group Ops, None to read users in tenancy', '', 18, 'a group of users that is there'],
  ['Allow dynamic-group Ops to read users in tenancy', '', 21, 'a dynamic group that is there'],
  [
    'Allow group id ocid1.group.oc1..x to read users in tenancy',
    '',
    16,
    'a group of users that is there',
  ],
  ['Allow any-user to read users in compartment none', '', 45, 'a compartment that is there'],
  ['Allow any-user to read users in compartment a:none', '', 47, 'a compartment that is there'],
  ['Allow any-user to read users in compartment c', 'a', 45, 'a compartment that is there in a'],
  [
    'Allow any-user to read users in compartment id ocid1.compartment.oc1..x',
    '',
    48,
    'a compartment that is there',
  ],
  ['Allow any-user to read users in tenancy', 'a', 33, 'only policies of the root grant more'],
])('A policy may not say: %s', async (statement, of, column, message) => {
  const world = await createWorld();
  await expect(world.allow(statement, of)).rejects.toMatchObject({
    message: expect.stringContaining(message),
    detail: { column },
  });
});

it('A policy of a compartment grants nothing beyond it', async () => {
  const world = await createWorld();
  const { ocid } = world.compartments.require('c');
  await expect(
    world.allow(`Allow any-user to read users in compartment id ${ocid}`, 'a'),
  ).rejects.toThrow('column 48: expected a compartment in a');
});

it('One bad statement among several is named, and none is taken', async () => {
  const world = await createWorld();
  const statements = [
    'Allow any-user to read users in tenancy',
    'Allow any-user to red users in tenancy',
  ];
  const policy = { name: 'bad', compartment: '', statements, description: '' };
  await expect(world.policies.create(policy, 'test')).rejects.toMatchObject({
    message: expect.stringMatching(/^statement 2, column 19: expected a verb/),
    detail: { statement: 2, column: 19 },
  });
  expect(world.policies.all()).toEqual([]);
});

it('A token may do what its scopes say of what its user may', async () => {
  const own = await createWorld();
  await own.allow('Allow group Ops to use osms-family in tenancy');
  const scoped = (...scopes: NonNullable<Caller['scopes']>) => user('ada', { by: 'token', scopes });
  const wish = { verb: 'use', type: src, compartment: '' } as const;
  expect(own.may(scoped({ verb: 'use', type: src }), wish)).toBe(true);
  expect(own.may(scoped({ verb: 'manage', type: 'all-resources' }), wish)).toBe(true);
  expect(
    own.may(scoped({ verb: 'manage', type: 'osms-family' }), { ...wish, verb: 'manage' }),
  ).toBe(false);
  expect(own.may(scoped({ verb: 'read', type: 'osms-family' }), wish)).toBe(false);
  expect(own.may(scoped({ verb: 'use', type: ins }), wish)).toBe(false);
  expect(own.may(scoped(), wish)).toBe(false);
});
