import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { expect, it, onTestFinished, vi } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { machine, openFleet } from './fleet.ts';

const here = '192.0.2.1';

it('A check-in is known at once, and on the disk soon, many in one write', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const fleet = await openFleet();
  const key = await fleet.key();
  const all = await Promise.all(
    [...Array(50).keys()].map((i) =>
      fleet.registration.register(machine([key], { name: `m${i}` }), here),
    ),
  );
  const booted = new Date('2026-11-01T08:00:00Z');
  for (const { instance } of all) {
    fleet.instances.seen(instance, {
      address: '192.0.2.7',
      capabilities: 'script.run(1)=1,reboot.reboot(1)=1,script.run(1)=1',
      kernel: '5.4.17',
      agentVersion: '2.11.0-1.el8',
      bootedAt: booted,
    });
  }
  const expected = {
    registering: false,
    address: '192.0.2.7',
    capabilities: 'reboot.reboot(1)=1,script.run(1)=1',
    kernel: '5.4.17',
    agentVersion: '2.11.0-1.el8',
    bootedAt: booted.toISOString(),
  };
  const { id } = all[7]!.instance;
  const known = (await fleet.instances.get(id))!;
  expect(known).toMatchObject(expected);
  expect(known.seenAt).toMatch(/Z$/);
  // What waits to be written is not lost where the record is read again.
  expect(await fleet.instances.refresh(id)).toEqual(known);
  const written = () =>
    fleet.state.selectFrom('instance').where('state', '=', 'registered').select('id').execute();
  expect(await written()).toEqual([]);
  vi.advanceTimersByTime(2000);
  await fleet.commit.settled();
  expect(await written()).toHaveLength(50);
  const later = await fleet.again();
  expect(await later.instances.get(id)).toEqual(known);
});

it('What waits to be written is written when the fleet is closed', async () => {
  const fleet = await openFleet();
  const { instance } = await fleet.registration.register(machine([await fleet.key()]), here);
  fleet.instances.seen(instance, { address: '192.0.2.9' });
  const later = await fleet.again();
  expect(await later.instances.get(instance.id)).toMatchObject({
    address: '192.0.2.9',
    registering: false,
  });
});

it('A boot time that differs by seconds is the same one', async () => {
  const fleet = await openFleet();
  const { instance } = await fleet.registration.register(machine([await fleet.key()]), here);
  const told = async (time: string) => {
    fleet.instances.seen(instance, { address: here, bootedAt: new Date(time) });
    return (await fleet.instances.get(instance.id))!.bootedAt;
  };
  expect(await told('2026-11-01T08:00:00Z')).toBe('2026-11-01T08:00:00.000Z');
  expect(await told('2026-11-01T08:00:04Z')).toBe('2026-11-01T08:00:00.000Z');
  expect(await told('never')).toBe('2026-11-01T08:00:00.000Z');
  expect(await told('2026-11-01T08:00:06Z')).toBe('2026-11-01T08:00:06.000Z');
});

it('An instance is known by its password and its certificate, each until there is another', async () => {
  const fleet = await openFleet();
  const { instances } = fleet;
  const { id } = (await fleet.registration.register(machine([await fleet.key()]), here)).instance;
  const sha256 = (text: string) => createHash('sha256').update(text).digest();
  expect(await instances.byPassword(id, '')).toBeUndefined();
  expect(await instances.byCertificate(sha256('one'))).toBeUndefined();
  const first = await instances.issuePassword(id, 'ada');
  expect(await instances.byPassword(id, first)).toMatchObject({ id });
  const second = await instances.issuePassword(id, 'ada');
  expect(await instances.byPassword(id, first)).toBeUndefined();
  expect(await instances.byPassword(id, second)).toMatchObject({ id });
  expect(await instances.byPassword(id + 1, second)).toBeUndefined();
  await instances.setCertificate(id, sha256('one'), 'ada');
  expect(await instances.byCertificate(sha256('one'))).toMatchObject({ id });
  await instances.setCertificate(id, sha256('two'), 'ada');
  expect(await instances.byCertificate(sha256('one'))).toBeUndefined();
  expect(await instances.byCertificate(sha256('two'))).toMatchObject({ id });
  const text = JSON.stringify(await fleet.state.selectFrom('audit').selectAll().execute());
  expect(text).not.toContain(first);
});

it('A removed instance is gone at once, with all that was its own', async () => {
  const fleet = await openFleet();
  const { instances } = fleet;
  await fleet.groups.create('web', {}, 'ada');
  const key = await fleet.key({ tags: ['t'], groups: ['web'] });
  const { instance, credential } = await fleet.registration.register(machine([key]), here);
  const { id } = instance;
  const password = await instances.issuePassword(id, 'ada');
  await instances.setHardware(id, [{ class: 'CPU' }]);
  await fleet.profiles.replace(id, [
    { name: 'a', epoch: '', version: '1', release: '1', arch: 'x86_64' },
  ]);
  await fleet.state
    .insertInto('lens')
    .values({
      scope: 'instance',
      subject: String(id),
      label: 'l',
      channel: 'c',
      under: 'own',
      definition: '{}',
    })
    .execute();
  instances.seen(instance, { address: here });
  const removed: number[] = [];
  instances.onRemoved((gone) => void removed.push(gone));
  await instances.remove(id, { actor: 'user:ada' });
  expect(removed).toEqual([id]);
  expect(await instances.get(id)).toBeUndefined();
  expect(await instances.credentialHash(id)).toBeUndefined();
  expect(await instances.byPassword(id, password)).toBeUndefined();
  expect(await instances.bySystemid(id, credential).catch(refusalOf)).toBe('systemid');
  const profile = fleet.profiles.replace(id, []);
  expect(await profile.catch(refusalOf)).toBe('systemid');
  expect(await instances.setHardware(id, []).catch(refusalOf)).toBe('systemid');
  await instances.flush();
  for (const table of [
    'instance',
    'hardware',
    'profile',
    'instance_tag',
    'group_member',
    'lens',
  ] as const) {
    expect(await fleet.state.selectFrom(table).selectAll().execute(), table).toEqual([]);
  }
  await expect(instances.remove(id, { actor: 'user:ada' })).rejects.toThrow(
    `there is no instance ${id}`,
  );
  // Its id is never another's.
  expect((await fleet.registration.register(machine([key]), here)).instance.id).toBe(id + 1);
});

it('Reads and changes at the same time end with what was written last', async () => {
  const fleet = await openFleet();
  const { instances } = fleet;
  const { id } = (await fleet.registration.register(machine([await fleet.key()]), here)).instance;
  for (let i = 0; i < 50; i++) {
    await instances.refresh(id);
    const change = instances.setRelease(id, String(i));
    const reads = [1, 2, 3].map(() => instances.refresh(id));
    await Promise.all([change, ...reads]);
    expect((await instances.get(id))!.osRelease).toBe(String(i));
  }
});

it('Hardware is kept as it was told, within bounds', async () => {
  const fleet = await openFleet();
  const { id } = (await fleet.registration.register(machine([await fleet.key()]), here)).instance;
  const told = [
    { class: 'CPU', count: 2 },
    { class: 'NETINTERFACES', eth0: { ipv6: [{ scope: 'host' }] } },
  ];
  await fleet.instances.setHardware(id, told);
  expect(await fleet.instances.hardware(id)).toEqual(told);
  const much = [...Array(3000).keys()].map((i) => ({ class: 'OTHER', desc: `${i} `.repeat(100) }));
  await fleet.instances.setHardware(id, much);
  const kept = await fleet.instances.hardware(id);
  expect(kept.length).toBeGreaterThan(100);
  expect(JSON.stringify(kept).length).toBeLessThan(257 * 1024);
  expect(kept[1]).toEqual(much[1]);
});

it('Instances are found by group, tag, name and silence', async () => {
  const fleet = await openFleet();
  await fleet.groups.create('web', {}, 'ada');
  const key = await fleet.key({ tags: ['t'], groups: ['web'] });
  const one = (await fleet.registration.register(machine([key], { name: 'www1' }), here)).instance;
  const two = (
    await fleet.registration.register(machine([await fleet.key()], { name: 'db1' }), here)
  ).instance;
  fleet.instances.seen(two, { address: here });
  const ids = async (filter: object) => (await fleet.instances.list(filter)).map((i) => i.id);
  expect(await ids({})).toEqual([one.id, two.id]);
  expect(await ids({ group: 'web' })).toEqual([one.id]);
  expect(await ids({ tag: 't', name: 'www' })).toEqual([one.id]);
  expect(await ids({ tag: 't', name: 'db' })).toEqual([]);
  expect(await ids({ silentSince: '2000-01-01T00:00:00.000Z' })).toEqual([]);
  expect(await ids({ silentSince: '2100-01-01T00:00:00.000Z' })).toEqual([one.id, two.id]);
});

it('Check-ins that cannot be written are known, and written when that is possible again', async () => {
  const fleet = await openFleet();
  const { instance } = await fleet.registration.register(machine([await fleet.key()]), here);
  const { id } = instance;
  const state = () =>
    fleet.state.selectFrom('instance').select(['state', 'address']).executeTakeFirstOrThrow();
  await sql`PRAGMA query_only = 1`.execute(fleet.state);
  fleet.instances.seen(instance, { address: '192.0.2.7' });
  await fleet.instances.flush();
  fleet.instances.seen(instance, { address: '192.0.2.8', confirms: false });
  expect(await fleet.instances.refresh(id)).toMatchObject({ address: '192.0.2.8' });
  expect(await state()).toEqual({ state: 'registering', address: here });
  await sql`PRAGMA query_only = 0`.execute(fleet.state);
  await fleet.instances.flush();
  expect(await state()).toEqual({ state: 'registered', address: '192.0.2.8' });
});
