import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Work } from '../../src/fleet/run-work.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { until } from '../cli/headwater.ts';
import { openApi } from '../server/osms/registered.ts';
import { startApp } from '../support/app.ts';
import { startReceiver } from './receiver.ts';

const work: Work = { kind: 'install', packages: ['weir'] };
const about = { compartment: '', description: 'Tools', operationType: 'INSTALL', by: 'user:ada' };

it('How work on several instances ended is told; what a killed server did not tell, the next one does', async () => {
  const receiver = await startReceiver();
  const test = await openApi();
  const { managed, operations } = test;
  await operations.addWebhook({
    ...{ name: 'ops', url: receiver.url, events: [], secret: null, by: 'ada' },
  });
  const none = await managed.runs.start({ ...about, work, instances: [] });
  await until(() => receiver.received.length === 1);
  expect(receiver.received[0]!.event).toMatchObject({
    event: 'job.finished',
    about: { run: none.ocid, description: 'Tools', operation: 'INSTALL', job: null, counts: {} },
  });
  const ids = [(await test.enrol()).id, (await test.enrol()).id];
  const run = await managed.runs.start({ ...about, work: { kind: 'reboot' }, instances: ids });
  await managed.runs.cancel(run.id, 'user:ada');
  await until(() => receiver.received.length === 2);
  expect(receiver.received[1]!.event).toMatchObject({
    event: 'job.failed',
    about: { run: run.ocid, status: 'CANCELED', counts: { cancelled: 2, total: 2 } },
  });
  // Work of a single instance is looked at by who asked for it.
  const alone = await managed.runs.start({
    ...{ ...about, work: { kind: 'reboot' }, instances: ids.slice(0, 1), single: true },
  });
  await managed.runs.cancel(alone.id, 'user:ada');
  await test.close();

  // As if it had been killed before it could note that it told of the second.
  const state = openState(dataPaths(join(test.config.data)));
  await state.deleteFrom('told').where('subject', '=', String(run.id)).execute();
  await state.destroy();
  await startApp([], { data: test.config.data });
  await until(() => receiver.received.length === 3);
  expect(receiver.received[2]!.event).toMatchObject({
    event: 'job.failed',
    about: { run: run.ocid },
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(receiver.received.length).toBe(3);
});
