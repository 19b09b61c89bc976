import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createClient } from '../../src/cli/client.ts';
import { userName } from '../../src/cli/user-name.ts';
import { lockHolder } from '../../src/store/lock.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { startApp, temporaryFolder } from '../support/app.ts';

it('What commands change in a running server is in the audit, once it is done, with who did it', async () => {
  const data = join(await temporaryFolder(), 'data');
  await startApp([], { data });
  const { socket } = lockHolder(dataPaths(data).lock)!;
  const commands = createClient(socket);
  const definition = { label: 'extra', name: 'Extra', upstream: 'http://127.0.0.1:9/' };
  await commands.addSource(definition);
  await expect(commands.addSource(definition)).rejects.toThrow('extra');
  await commands.pauseSource('extra');
  await commands.removeSource('extra');
  const noted = await commands.queryAudit({
    ...{ instance: null, event: null, since: null, actor: `user:${userName()}`, limit: 10 },
  });
  expect(noted.map(({ event, subject }) => [event, subject])).toEqual([
    ['source.removed', 'extra'],
    ['source.paused', 'extra'],
    ['source.added', 'extra'],
  ]);
});
