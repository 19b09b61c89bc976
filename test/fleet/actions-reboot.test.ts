import { expect, it } from 'vitest';
import { createActing, day, done, minute } from './acting.ts';

const reboot = { kind: 'reboot.reboot', params: {} };
const refresh = { kind: 'packages.refresh_list', params: {} };

async function rebooting({ uptime }: { uptime: number | undefined }) {
  const acting = await createActing();
  const { actions, one, time } = acting;
  const [{ id } = { id: 0 }] = await actions.create([one.id], reboot, 'admin');
  const [other] = await actions.create([one.id], refresh, 'admin');
  expect((await actions.next(one, { uptimeSeconds: uptime }))?.id).toBe(id);
  const ask = (seconds?: number) => actions.next(one, { uptimeSeconds: seconds });
  return {
    ...acting,
    id,
    other: other!.id,
    ask,
    state: async () => (await actions.show(id)).state,
    time,
  };
}

it('A reboot holds everything back until the instance says that it booted again', async () => {
  const { actions, one, time, id, other, ask, state } = await rebooting({ uptime: 5000 });
  await actions.submit(one, id, { ...done, message: 'Reboot sucessfully started' });
  expect(await state()).toBe('picked_up');
  await actions.submit(one, id, done);
  expect(await ask(5000)).toBeUndefined();
  time.now += 2 * minute;
  expect(await ask(5116)).toBeUndefined();
  expect(await ask()).toBeUndefined();
  expect(await state()).toBe('picked_up');
  time.now += 5 * minute;
  expect((await ask(60))?.id).toBe(other);
  expect(await actions.show(id)).toMatchObject({
    state: 'completed',
    status: 0,
    message: 'Reboot sucessfully started',
  });
});

it('A reboot of which no word came is done too when the instance booted again', async () => {
  const { time, other, ask, state } = await rebooting({ uptime: undefined });
  time.now += minute;
  expect(await ask(4000)).toBeUndefined();
  time.now += 10 * minute;
  expect((await ask(300))?.id).toBe(other);
  expect(await state()).toBe('completed');
});

it('A reboot that is forbidden there failed', async () => {
  const { actions, one, id, other, ask, state } = await rebooting({ uptime: 5000 });
  await actions.submit(one, id, { status: 38, message: 'noReboot', data: {} });
  expect(await state()).toBe('failed');
  expect((await ask(5001))?.id).toBe(other);
});

it('A reboot that was not seen ends as unknown, and the rest goes on', async () => {
  const { actions, one, time, id, other, ask } = await rebooting({ uptime: 5000 });
  await actions.submit(one, id, done);
  time.now += day;
  expect((await ask(5000 + 86_400))?.id).toBe(other);
  expect(await actions.show(id)).toMatchObject({
    state: 'unknown',
    message: 'the instance was not seen to boot again since it was handed out',
  });
});
