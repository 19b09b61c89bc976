import { expect, it } from 'vitest';
import { openIdentity, user } from './identity.ts';

const manage = { verb: 'manage', type: 'users', compartment: '' } as const;

it('Users join and leave groups, and may at once what those may', async () => {
  const identity = await openIdentity();
  const { userGroups, users } = identity;
  await identity.person('ada');
  await identity.person('bob');
  await expect(userGroups.join('Administrators', ['ada', 'none'], 'test')).rejects.toThrow(
    'there is no user none',
  );
  expect(identity.may(user('ada'), manage)).toBe(false);
  expect((await userGroups.join('administrators', ['ada', 'bob'], 'test')).members).toEqual([
    'ada',
    'bob',
  ]);
  expect(identity.may(user('ada'), manage)).toBe(true);
  await userGroups.leave('Administrators', ['bob'], 'test');
  expect(identity.may(user('bob'), manage)).toBe(false);
  await users.remove('ada', 'test');
  expect(identity.may(user('ada'), manage)).toBe(false);
  // Another one of that name is somebody else.
  await identity.person('ada');
  expect(identity.may(user('ada'), manage)).toBe(false);
  expect(userGroups.require('Administrators').members).toEqual([]);
});

it('A group that a policy names stays', async () => {
  const identity = await openIdentity();
  const { userGroups, dynamicGroups, policies } = identity;
  await expect(userGroups.remove('ADMINISTRATORS', 'test')).rejects.toThrow(
    'the policy Administrators names the group Administrators',
  );
  await expect(dynamicGroups.remove('allinstances', 'test')).rejects.toThrow(
    'the policy Registration names',
  );
  const { ocid } = await userGroups.create('Ops', { by: 'test' });
  const name = await identity.allow(`Allow group id ${ocid} to read users in tenancy`);
  await expect(userGroups.remove('Ops', 'test')).rejects.toThrow(`the policy ${name} names`);
  await policies.remove(name, 'test');
  await userGroups.remove('Ops', 'test');
  expect(userGroups.find('Ops')).toBeUndefined();
  await expect(userGroups.remove('Ops', 'test')).rejects.toThrow('there is no group of users Ops');
});

it('Names are good, and each is there once in any case', async () => {
  const { userGroups, dynamicGroups, policies } = await openIdentity();
  await expect(userGroups.create('REGISTRARS', { by: 'test' })).rejects.toThrow('already');
  await expect(userGroups.create('a b', { by: 'test' })).rejects.toThrow('cannot be the name');
  const group = { name: 'allINSTANCES', rule: 'tag.a', description: '' };
  await expect(dynamicGroups.create(group, 'test')).rejects.toThrow('already');
  await expect(dynamicGroups.create({ ...group, name: '-' }, 'test')).rejects.toThrow('cannot be');
  await expect(dynamicGroups.create({ ...group, rule: 'x' }, 'test')).rejects.toThrow('column 1');
  await expect(dynamicGroups.setRule('AllInstances', 'x', 'test')).rejects.toThrow('column 1');
  const policy = { name: 'registration', compartment: '', description: '' };
  const statements = ['Allow any-user to read users in tenancy'];
  await expect(policies.create({ ...policy, statements }, 'test')).rejects.toThrow('already');
  await expect(policies.create({ ...policy, name: 'p', statements: [] }, 'test')).rejects.toThrow(
    '1 to 50',
  );
  await expect(
    policies.create({ ...policy, name: 'p', statements, compartment: 'none' }, 'test'),
  ).rejects.toThrow('there is no compartment none');
});

it('Statements are exchanged all together', async () => {
  const identity = await openIdentity();
  const { policies } = identity;
  await identity.person('ada', 'Ops');
  const name = await identity.allow('Allow group Ops to manage users in tenancy');
  expect(identity.may(user('ada'), manage)).toBe(true);
  await expect(policies.setStatements(name, ['Allow group Ops'], 'test')).rejects.toThrow(
    'column 16',
  );
  expect(identity.may(user('ada'), manage)).toBe(true);
  await policies.setStatements(name, ['Allow group Ops to read users in tenancy'], 'test');
  expect(identity.may(user('ada'), manage)).toBe(false);
});

it('Users are told of by OCID', async () => {
  const { users, person } = await openIdentity();
  await person('ada');
  const ocid = users.ocidOf('ada');
  expect(ocid).toMatch(/^ocid1\.user\.oc1\.\.[a-z2-7]{60}$/);
  expect(users.byOcid(ocid)).toBe('ada');
  expect(users.idOf('ada')).toBeTypeOf('number');
  expect(users.hasPassword('ada')).toBe(false);
  await expect(users.check('ada', '', '192.0.2.1')).rejects.toThrow('is wrong');
  const told: string[] = [];
  users.onRemoved((name) => void told.push(`gone ${name}`));
  users.onPassword((name) => void told.push(`other ${name}`));
  await users.setPassword('ada', 'long enough', 'test');
  expect(users.hasPassword('ada')).toBe(true);
  await users.remove('ada', 'test');
  expect(told).toEqual(['other ada', 'gone ada']);
  expect(users.byOcid(ocid)).toBeUndefined();
  await expect(users.remove('ada', 'test')).rejects.toThrow('there is no user ada');
});
