import { expect, it } from 'vitest';
import { catalogueMigrations } from '../../src/store/catalogue/migrations.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openForWriting } from '../../src/store/sqlite.ts';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';

it('takes a catalogue that is ahead of the ref for a sync under way, one behind it for a failure', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const { app, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const indexed = async (revision: number) => {
    const db = openForWriting(dataPaths(config.data).catalogue, catalogueMigrations);
    db.prepare('UPDATE source SET revision = ?').run(revision);
    db.close();
    const checks = await app.operations.doctor();
    return checks.find((c) => c.name === 'served a')?.status;
  };
  expect(await indexed(2)).toBe('ok');
  expect(await indexed(0)).toBe('failed');
});
