import { expect, it } from 'vitest';
import { isWithin, parentOf } from '../../src/identity/compartment-path.ts';
import { openIdentity, user } from './identity.ts';

it('Compartments are a tree of names, below the tenancy', async () => {
  const { compartments, tenancy, again } = await openIdentity();
  await compartments.create('a', 'first', 'ada');
  const { ocid } = await compartments.create('a:b', '', 'ada');
  expect(compartments.all()).toMatchObject([
    { path: '', name: 'headwater', parent: null, ocid: tenancy.ocid },
    { path: 'a', name: 'a', parent: '', description: 'first' },
    { path: 'a:b', name: 'b', parent: 'a', ocid },
  ]);
  expect(ocid).toMatch(/^ocid1\.compartment\.oc1\.\.[a-z2-7]{60}$/);
  expect(compartments.pathOf(ocid)).toBe('a:b');
  expect(compartments.pathOf(tenancy.ocid)).toBe('');
  expect(compartments.pathOf('ocid1.compartment.oc1..x')).toBeUndefined();
  expect((await compartments.describe('', 'all of it', 'ada')).description).toBe('all of it');
  expect((await again()).compartments.pathOf(ocid)).toBe('a:b');
});

it.each([
  ['a:b', 'there is no compartment a'],
  ['x y', 'cannot be a compartment'],
  ['', 'cannot be a compartment'],
  [':a', 'cannot be the path'],
  ['there::a', 'cannot be the path'],
  ['there:', 'cannot be a compartment'],
  ['there', 'there is a compartment there already'],
  [Array.from({ length: 41 }, () => 'nine-char').join(':'), 'cannot be the path'],
])('A compartment is not made: %s', async (path, reason) => {
  const { compartments } = await openIdentity();
  await compartments.create('there', '', 'ada');
  await expect(compartments.create(path, '', 'ada')).rejects.toThrow(reason);
});

it('One is renamed with what is in it and below it, and with the statements that name it', async () => {
  const identity = await openIdentity();
  const { compartments, policies, resources } = identity;
  for (const path of ['a', 'a:b', 'a:b:c', 'ab']) await compartments.create(path, '', 'ada');
  await resources.change('source', 'base', { compartment: 'a:b:c' });
  await resources.change('source', 'other', { compartment: 'ab' });
  await identity.person('eve', 'Ops');
  await identity.allow(
    "Allow group Ops to use osms-family in compartment a:b:c where target.compartment.name = 'c'",
  );
  await identity.allow('Allow group Ops to read osms-errata in compartment b', 'a:b');
  await identity.allow('Allow group Ops to read osms-events in compartment ab');
  const moved: string[][] = [];
  compartments.onRenamed((from, to) => void moved.push([from, to]));
  const { ocid } = compartments.require('a:b');
  expect(await compartments.rename('a:b', 'ID', 'ada')).toMatchObject({ path: 'a:ID', ocid });
  expect(moved).toEqual([['a:b', 'a:ID']]);
  expect(compartments.all().map((c) => c.path)).toEqual(['', 'a', 'a:ID', 'a:ID:c', 'ab']);
  expect((await resources.of('source', 'base')).compartment).toBe('a:ID:c');
  expect((await resources.of('source', 'other')).compartment).toBe('ab');
  const now = policies.all().filter(({ name }) => name.startsWith('p'));
  expect(now.map(({ compartment, statements }) => [compartment, ...statements])).toEqual([
    [
      '',
      "Allow group Ops to use osms-family in compartment a:'ID':c where target.compartment.name = 'c'",
    ],
    ['a:ID', "Allow group Ops to read osms-errata in compartment 'ID'"],
    ['', 'Allow group Ops to read osms-events in compartment ab'],
  ]);
  const wish = { verb: 'use', type: 'osms-errata' } as const;
  expect(identity.may(user('eve'), { ...wish, compartment: 'a:ID:c' })).toBe(true);
  expect(
    identity.may(user('eve'), { verb: 'read', type: 'osms-errata', compartment: 'a:ID' }),
  ).toBe(true);
  await expect(compartments.rename('a', 'ab', 'ada')).rejects.toThrow(
    'there is a compartment ab already',
  );
  await expect(compartments.rename('', 'x', 'ada')).rejects.toThrow('the root compartment');
  const [noted] = await identity.audit.query({ event: 'compartment.renamed', limit: 9 });
  expect(noted).toMatchObject({ actor: 'user:ada', subject: 'a:b', detail: 'to a:ID' });
});

it('Only an empty one is removed, that no policy names', async () => {
  const identity = await openIdentity();
  const { compartments, resources, policies } = identity;
  for (const path of ['a', 'a:b', 'c']) await compartments.create(path, '', 'ada');
  await expect(compartments.remove('a', 'ada')).rejects.toThrow(
    'the compartment a has 1 compartment',
  );
  await resources.change('source', 'base', { compartment: 'a:b' });
  await expect(compartments.remove('a:b', 'ada')).rejects.toThrow('1 source or group');
  await resources.change('source', 'base', { compartment: '' });
  const own = await identity.allow('Allow any-user to read users in compartment b', 'a:b');
  await expect(compartments.remove('a:b', 'ada')).rejects.toThrow('1 policy');
  await policies.remove(own, 'ada');
  const naming = await identity.allow('Allow any-user to read users in compartment a:b');
  await expect(compartments.remove('a:b', 'ada')).rejects.toThrow(`the policy ${naming} names`);
  await policies.remove(naming, 'ada');
  await compartments.remove('a:b', 'ada');
  expect(compartments.has('a:b')).toBe(false);
  await expect(compartments.remove('', 'ada')).rejects.toThrow('the root compartment');
  await expect(compartments.remove('none', 'ada')).rejects.toThrow('there is no compartment none');
});

it('What is within a compartment is it and what is below it', () => {
  expect(isWithin('a:b', 'a')).toBe(true);
  expect(isWithin('a', 'a')).toBe(true);
  expect(isWithin('ab', 'a')).toBe(false);
  expect(isWithin('a', 'a:b')).toBe(false);
  expect(isWithin('a', '')).toBe(true);
  expect([parentOf('a:b:c'), parentOf('a'), parentOf('a::b')]).toEqual(['a:b', '', 'a']);
});
