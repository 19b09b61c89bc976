import { expect, it } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { machine, openFleet } from '../fleet/fleet.ts';

const here = '192.0.2.1';
const reasonOf = (registering: Promise<unknown>) =>
  registering.then(
    () => 'none',
    (error) => refusalOf(error),
  );

/** A fleet in which only what `rule` fits may register, in the compartment `lab` and below. */
async function createFleet(rule: string) {
  const fleet = await openFleet();
  const { identity } = fleet;
  await identity.compartments.create('lab', '', 'test');
  await identity.compartments.create('lab:inner', '', 'test');
  await identity.policies.remove('Registration', 'test');
  await identity.dynamicGroups.create({ name: 'Let', rule, description: '' }, 'test');
  const statements = ['Allow dynamic-group Let to use osms-managed-instances in compartment lab'];
  const policy = { name: 'let', compartment: '', statements, description: '' };
  await identity.policies.create(policy, 'test');
  const tried = (key: string, about = {}) =>
    reasonOf(fleet.registration.register(machine([key], about), here));
  return { ...fleet, tried };
}

it('A machine registers where a policy lets its dynamic group, which the compartment and tags of its key decide', async () => {
  const { key, tried, audited, instances } = await createFleet("ANY {tag.role.value = 'web'}");
  const good = await key({ compartment: 'lab', tags: ['role=web'] });
  expect(await tried(good)).toBe('none');
  expect(await tried(await key({ compartment: 'lab:inner', tags: ['role=web'] }))).toBe('none');
  expect(await audited('instance.refused')).toEqual([]);
  expect(await tried(await key({ compartment: 'lab', tags: ['role=db'] }))).toBe('not_permitted');
  expect(await tried(await key({ tags: ['role=web'] }))).toBe('not_permitted');
  expect(await instances.list()).toHaveLength(2);
  expect(await audited('instance.refused')).toMatchObject([
    {
      actor: 'key:key4',
      address: here,
      detail: expect.stringMatching(
        /no policy grants the use of osms-managed-instances in the root/,
      ),
    },
    { actor: 'key:key3', detail: expect.stringContaining('in the compartment lab') },
  ]);
});

it('A refused machine uses no registration key up', async () => {
  const { key, registration, identity, tried } = await createFleet('ANY {tag.web}');
  const once = await key({ compartment: 'lab', uses: 1 });
  expect(await tried(once)).toBe('not_permitted');
  await identity.dynamicGroups.setRule('Let', "ANY {tag.web, instance.id != ''}", 'test');
  expect((await registration.register(machine([once]), here)).instance.compartment).toBe('lab');
  expect(await tried(once)).toBe('key_used_up');
});

it('A machine that takes a record over is known by it', async () => {
  const { key, registration, identity, instances, tried } = await createFleet('ANY {tag.web}');
  const first = await key({ compartment: 'lab', tags: ['web'] });
  const { instance } = await registration.register(machine([first]), here);
  const bound = await key({ reactivates: instance.id });
  // Its compartment and its tags are those of the record.
  expect(await tried(bound)).toBe('none');
  await identity.dynamicGroups.setRule(
    'Let',
    `ALL {tag.web, instance.id != '${instance.id}'}`,
    'test',
  );
  expect(await tried(await key({ reactivates: instance.id }))).toBe('not_permitted');
  expect((await instances.get(instance.id))?.name).toBe('client1.example.com');
});

it('A machine that was silent is kept out by its id as well', async () => {
  const { key, registration, identity, tried } = await createFleet('ANY {tag.web}');
  const smbiosUuid = '4c4c4544-0051-4b10-8036-b4c04f4a3732';
  const about = { compartment: 'lab', tags: ['web'], takeoverMs: 1 };
  const again = await key(about);
  const { instance } = await registration.register(machine([again], { smbiosUuid }), here);
  const ocid = identity.ocids.of('instance', instance.id);
  await identity.dynamicGroups.setRule('Let', `ALL {tag.web, instance.id != '${ocid}'}`, 'test');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await tried(again, { smbiosUuid })).toBe('not_permitted');
  expect(await tried(again)).toBe('none');
});

it('A user says on a machine what it has if a policy lets them in its compartment', async () => {
  const { users, identity, registration, key, audited } = await createFleet('ANY {tag.web}');
  await users.add('ada', null, { by: 'root' });
  await identity.userGroups.create('Lab', { by: 'root' });
  const given = await key({ compartment: 'lab', tags: ['web'] });
  const { instance } = await registration.register(machine([given]), here);
  const ask = () => registration.requireAllowed('ada', instance, here);
  expect(ask).toThrow('do not let this user');
  expect(await audited('instance.refused')).toMatchObject([
    { actor: 'user:ada', instance: instance.id, address: here },
  ]);
  const statements = ['Allow group Lab to use osms-family in compartment lab'];
  const policy = { name: 'lab', compartment: '', statements, description: '' };
  await identity.policies.create(policy, 'root');
  await identity.userGroups.join('Lab', ['ada'], 'root');
  expect(ask).not.toThrow();
  expect(identity.mayRegisterMachines('ada', '')).toBe(false);
});

it('A user registers machines if a policy lets them in the root', async () => {
  const fleet = await openFleet();
  await fleet.users.add('ada', 'correct horse', { by: 'root' });
  const user = { name: 'ada', password: 'correct horse' };
  const tried = () => reasonOf(fleet.registration.register(machine([], { user }), here));
  expect(await tried()).toBe('not_permitted');
  expect(await fleet.audited('instance.refused')).toMatchObject([{ actor: 'user:ada' }]);
  await fleet.identity.userGroups.join('registrars', ['ada'], 'root');
  expect(await tried()).toBe('none');
  await fleet.identity.userGroups.leave('Registrars', ['ada'], 'root');
  expect(await tried()).toBe('not_permitted');
  await fleet.identity.userGroups.join('Administrators', ['ada'], 'root');
  expect(await tried()).toBe('none');
});
