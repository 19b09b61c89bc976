import { expect, it } from 'vitest';
import { refusalOf, refused } from '../../src/fleet/refusals.ts';
import { machine, openFleet } from './fleet.ts';

const here = '192.0.2.1';
const uuid = '4c4c4544-0042-3510-8052-b4c04f564433';
const refusal = (p: Promise<unknown>) => p.then(() => 'none', refusalOf);

it('A machine with a key becomes an instance with all that the key gives', async () => {
  const fleet = await openFleet();
  await fleet.groups.create('web', {}, 'ada');
  const key = await fleet.key({
    sources: ['ol8', 'ol8-apps'],
    groups: ['web', 'gone'],
    tags: ['blue'],
    compartment: 'production',
  });
  const { instance, credential } = await fleet.registration.register(
    machine([key], { smbiosUuid: uuid.toUpperCase(), capabilities: 'b(1)=1,a(1)=1,b(1)=1,none' }),
    here,
  );
  expect(String(instance.id)).toMatch(/^\d{9,}$/);
  expect(instance).toMatchObject({
    name: 'client1.example.com',
    registering: true,
    osRelease: '8',
    arch: 'x86_64-redhat-linux',
    capabilities: 'a(1)=1,b(1)=1',
    smbiosUuid: uuid,
    compartment: 'production',
    owner: 'ada',
    twinOf: null,
    tags: ['blue'],
    groups: ['web'],
  });
  expect(fleet.attached).toEqual([
    { initial: instance.id, labels: ['ol8', 'ol8-apps'], groups: ['web'] },
  ]);
  expect(await fleet.instances.bySystemid(instance.id, credential)).toEqual(instance);
  expect(await refusal(fleet.instances.bySystemid(instance.id, `${credential}0`))).toBe('systemid');
  expect(await refusal(fleet.instances.bySystemid(instance.id + 1, credential))).toBe('systemid');
  expect(await fleet.audited('instance.registered')).toMatchObject([
    { actor: 'key:key1', instance: instance.id, address: here },
  ]);
});

it('What lacks something, or has something that is no name, is refused', async () => {
  const fleet = await openFleet();
  const key = await fleet.key();
  const tried = (about: object) =>
    refusal(fleet.registration.register({ ...machine([key]), ...about }, here));
  expect(await tried({ osRelease: '' })).toBe('incomplete');
  expect(await tried({ arch: ' ' })).toBe('incomplete');
  expect(await tried({ keys: [] })).toBe('incomplete');
  expect(await tried({ keys: [], user: { name: 'ada', password: '' } })).toBe('incomplete');
  expect(await tried({ name: '' })).toBe('empty_name');
  expect(await tried({ name: 'a\u0007b' })).toBe('incomplete');
  expect(await tried({ osRelease: '8'.repeat(1000) })).toBe('incomplete');
  expect(await fleet.instances.list()).toEqual([]);
});

it('Several keys give what each of them gives, if they are of one compartment', async () => {
  const fleet = await openFleet();
  const one = await fleet.key({ sources: ['a', 'b'], tags: ['x'], compartment: 'p' });
  const two = await fleet.key({ sources: ['b', 'c'], tags: ['y'] });
  const other = await fleet.key({ compartment: 'q' });
  const { instance } = await fleet.registration.register(machine([one, two, one]), here);
  expect(instance).toMatchObject({ tags: ['x', 'y'], compartment: 'p' });
  expect(fleet.attached).toMatchObject([{ labels: ['a', 'b', 'c'] }]);
  expect(await refusal(fleet.registration.register(machine([one, other]), here))).toBe(
    'key_conflict',
  );
  expect((await fleet.keys.list()).map((k) => k.used)).toEqual([1, 1, 0]);
});

it('Keys that are unknown, expired, revoked or used up register nobody', async () => {
  const fleet = await openFleet();
  const tried = (...keys: string[]) => refusal(fleet.registration.register(machine(keys), here));
  expect(await tried('0'.repeat(64))).toBe('key_unknown');
  const soon = await fleet.key({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  const past = { expires_at: new Date(Date.now() - 1000).toISOString() };
  await fleet.state.updateTable('registration_key').set(past).execute();
  expect(await tried(soon)).toBe('key_unknown');
  const revoked = await fleet.key({ name: 'revoked' });
  await fleet.keys.revoke('revoked', 'ada');
  expect(await tried(revoked)).toBe('key_unknown');
  const twice = await fleet.key({ uses: 2 });
  const many = await Promise.all([1, 2, 3, 4, 5].map(() => tried(twice)));
  expect(many.sort()).toEqual(['key_used_up', 'key_used_up', 'key_used_up', 'none', 'none']);
  expect(await tried(twice)).toBe('key_used_up');
  expect(await fleet.instances.list()).toHaveLength(2);
  // One bad key among good ones uses nothing up.
  const good = await fleet.key({ uses: 1, name: 'good' });
  expect(await tried(good, '0'.repeat(64))).toBe('key_unknown');
  expect(await tried(good)).toBe('none');
});

it('A user registers with a password', async () => {
  const fleet = await openFleet();
  await fleet.registrar('ada', 'correct horse');
  const user = { name: 'ada', password: 'correct horse' };
  const { instance } = await fleet.registration.register(machine([], { user }), here);
  expect(instance.owner).toBe('ada');
  const wrong = { ...user, password: 'wrong horse' };
  expect(await refusal(fleet.registration.register(machine([], { user: wrong }), here))).toBe(
    'login',
  );
});

it('A key that is bound to an instance gives its place to another machine', async () => {
  const fleet = await openFleet();
  const key = await fleet.key({ tags: ['old'], compartment: 'production' });
  const { instance, credential } = await fleet.registration.register(machine([key]), here);
  const { id } = instance;
  fleet.instances.seen(instance, { address: here, kernel: '4.18' });
  const password = await fleet.instances.issuePassword(id, 'ada');
  await fleet.profiles.replace(id, [
    { name: 'a', epoch: '', version: '1', release: '1', arch: 'noarch' },
  ]);
  await fleet.instances.setHardware(id, [{ class: 'CPU' }]);
  const bound = await fleet.key({ reactivates: id });
  const renewed = await fleet.registration.register(
    machine([bound], { name: 'new', osRelease: '9' }),
    here,
  );
  expect(renewed.instance).toMatchObject({
    id,
    name: 'new',
    osRelease: '9',
    registering: false,
    tags: ['old'],
    compartment: 'production',
    kernel: null,
  });
  expect(renewed.credential).not.toBe(credential);
  expect(await refusal(fleet.instances.bySystemid(id, credential))).toBe('systemid');
  expect(await fleet.instances.byPassword(id, password)).toBeUndefined();
  expect(await fleet.instances.bySystemid(id, renewed.credential)).toMatchObject({ id });
  expect(await fleet.profiles.of(id)).toEqual([]);
  expect(await fleet.instances.hardware(id)).toEqual([]);
  expect(await fleet.audited('instance.reactivated')).toMatchObject([{ instance: id }]);
  // It is good once.
  expect(await refusal(fleet.registration.register(machine([bound]), here))).toBe('key_used_up');
});

it('Keys that do not go together take no record from the machine that has it', async () => {
  const fleet = await openFleet({
    onPlan(labels) {
      if (labels.includes('other')) throw refused('key_conflict', 'two parents');
    },
  });
  const { instance, credential } = await fleet.registration.register(
    machine([await fleet.key()]),
    here,
  );
  const bound = await fleet.key({ reactivates: instance.id, sources: ['other'] });
  const anew = () => fleet.registration.register(machine([bound]), here);
  expect(await refusal(anew())).toBe('key_conflict');
  expect(await fleet.instances.bySystemid(instance.id, credential)).toMatchObject(instance);
  expect(await refusal(anew())).toBe('key_conflict');
});

it('A silent record is taken over by the same machine with a key that allows it, and by no other', async () => {
  const fleet = await openFleet();
  const plain = await fleet.key();
  const taking = await fleet.key({ takeoverMs: 7_200_000 });
  const foreign = await fleet.key({ takeoverMs: 7_200_000, compartment: 'elsewhere' });
  const register = (key: string, smbiosUuid: string) =>
    fleet.registration.register(machine([key], { smbiosUuid }), here).then((r) => r.instance);
  const silent = async (id: number, ms: number) => {
    const at = new Date(Date.now() - ms).toISOString();
    await fleet.state
      .updateTable('instance')
      .set({ registered_at: at, seen_at: at })
      .where('id', '=', id)
      .execute();
    await fleet.instances.refresh(id);
  };
  const first = await register(plain, uuid);
  // It was there a moment ago.
  const twin = await register(taking, uuid);
  expect(twin.id).not.toBe(first.id);
  expect(twin.twinOf).toBe(first.id);
  expect(await fleet.audited('instance.twin')).toMatchObject([
    { instance: twin.id, subject: String(first.id) },
  ]);
  await silent(first.id, 9_000_000);
  await silent(twin.id, 7_300_000);
  expect((await register(plain, uuid)).twinOf).toBe(twin.id);
  await fleet.instances.remove(twin.id + 1, { actor: 'user:ada' });
  // Who has a key of one compartment does not get at what is in another.
  expect((await register(foreign, uuid)).twinOf).toBe(twin.id);
  await fleet.instances.remove(twin.id + 2, { actor: 'user:ada' });
  expect((await register(taking, uuid)).id).toBe(twin.id);
  expect(await fleet.audited('instance.taken-over')).toMatchObject([{ instance: twin.id }]);
  // At once again: it was heard of just now.
  expect((await register(taking, uuid)).id).not.toBe(twin.id);
});

it.each([
  '',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '03000200-0400-0500-0006-000700080009',
  'Not Settable',
  '12345678-1234-1234-1234-123456789012',
])('A UUID that many machines have says nothing: %s', async (smbiosUuid) => {
  const fleet = await openFleet();
  const key = await fleet.key({ takeoverMs: 0 });
  const one = await fleet.registration.register(machine([key], { smbiosUuid }), here);
  const two = await fleet.registration.register(machine([key], { smbiosUuid }), here);
  expect(two.instance.id).not.toBe(one.instance.id);
  expect(two.instance).toMatchObject({ smbiosUuid: null, twinOf: null });
});

it('A registration of which the sources cannot be attached leaves nothing behind', async () => {
  const fleet = await openFleet({
    onAttach: () => {
      throw new Error('no such source');
    },
  });
  const key = await fleet.key({ uses: 1 });
  await expect(fleet.registration.register(machine([key]), here)).rejects.toThrow('no such source');
  expect(await fleet.instances.list()).toEqual([]);
  expect((await fleet.keys.list())[0]).toMatchObject({ used: 0 });
});

it('Registrations that their machines did not finish are removed, and no others', async () => {
  const fleet = await openFleet({ settings: { unfinishedMs: 0 } });
  const key = await fleet.key();
  const register = () => fleet.registration.register(machine([key]), here).then((r) => r.instance);
  const [left, sent, back] = [await register(), await register(), await register()];
  fleet.instances.seen(sent, { address: here, confirms: false });
  fleet.instances.seen(back, { address: here });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await fleet.registration.removeUnfinished()).toBe(2);
  expect((await fleet.instances.list()).map((i) => i.id)).toEqual([back.id]);
  expect(await fleet.instances.get(left.id)).toBeUndefined();
  expect(await fleet.audited('instance.unfinished')).toHaveLength(2);
});
