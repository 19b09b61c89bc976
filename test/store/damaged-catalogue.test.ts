import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createPlace, fixture } from '../cli/headwater.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';

const page = 4096;

/** Brings everything into the database's one file: what stands in the log is read from there. */
function checkpoint(file: string): void {
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

it('starts and can be mended, whichever page of the catalogue is damaged', async () => {
  const packages = Array.from({ length: 100 }, (_, i) => invented(`brook${i}`, '1', 40));
  const { upstream } = await startRepository({ packages });
  const sources = [
    { label: 'ol8', upstream: fixture('ol8') },
    { label: 'a', upstream: upstream.url },
  ];
  const first = await startApp(sources);
  for (const { label } of sources) await first.sync(label);
  await first.close();
  const { data } = first.config;
  const file = join(data, 'catalogue.sqlite');
  checkpoint(file);
  const good = await readFile(file);
  expect(good.length).toBeGreaterThan(30 * page);
  for (let i = 0; i < 30; i++) {
    const bytes = Buffer.from(good);
    bytes.fill(i % 2 ? 0x5a : 0, i * page, (i + 1) * page);
    for (const end of ['-wal', '-shm']) await rm(file + end, { force: true });
    await writeFile(file, bytes);
    const { app, url, close } = await startApp(sources, { data });
    const answer = await fetch(`${url}/channels/ol8/repodata/repomd.xml`);
    expect(answer.status, `page ${i}`).toBe(200);
    const wrong = (await app.operations.doctor()).filter((c) => c.status !== 'ok');
    for (const { name, detail } of wrong) {
      expect(`${name}: ${detail}`, `page ${i}`).toMatch(/catalogue rebuild/);
    }
    await app.operations.rebuildCatalogue(() => {});
    const checks = await app.operations.doctor();
    expect(
      checks.filter((c) => c.status !== 'ok'),
      `page ${i}`,
    ).toEqual([]);
    await close();
  }
}, 120_000);

it('makes the catalogue again at the start where its schema is damaged, with any command', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`);
  await place.run('sync', 'ol8');
  const file = join(place.folder, 'data/catalogue.sqlite');
  checkpoint(file);
  const bytes = await readFile(file);
  // What stands on the first page behind its header of 100 bytes.
  await writeFile(file, bytes.fill(0x5a, 100, page));
  const { code, stdout } = await place.run('doctor');
  expect(stdout).toContain('database catalogue');
  expect(code).toBe(0);
});

const harms = {
  overwritten: async (file: string) => writeFile(file, Buffer.alloc(200_000, 'no database ')),
  'cut short': async (file: string) => truncate(file, 0),
  removed: async (file: string) => {
    for (const end of ['', '-wal', '-shm']) await rm(file + end, { force: true });
  },
};

it.each(Object.entries(harms))(
  'says how to mend a catalogue that is %s while the server runs',
  async (_, harm) => {
    const packages = [invented('brook')];
    const { upstream } = await startRepository({ packages });
    const { app, sync, url, config, logged } = await startApp([
      { label: 'a', upstream: upstream.url },
    ]);
    await sync('a');
    const file = join(config.data, 'catalogue.sqlite');
    // Everything into its one file: what stands in the log is read from there.
    const db = new Database(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    await harm(file);

    const checks = await app.operations.doctor();
    expect(checks.find((c) => c.name === 'database catalogue')).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/catalogue.*: `headwater catalogue rebuild` makes it again$/),
    });
    const verified = app.operations.verifySource('a', { repair: true }, () => {});
    await expect(verified).rejects.toMatchObject({
      kind: 'invalid',
      hint: expect.stringContaining('headwater catalogue rebuild'),
    });
    const { status } = await fetch(`${url}/channels/a/${packages[0]!.href}`);
    expect([200, 502]).toContain(status);
    await writeRepository(upstream.folder, { packages, time: 1_700_000_100 });
    const synced = await sync('a');
    if (synced.outcome !== 'updated') {
      expect(synced).toMatchObject({ kind: 'invalid' });
      expect(synced.reason).toContain('headwater catalogue rebuild');
    }
    expect(logged.filter((line) => Number(line.level) >= 50)).toEqual([]);

    await app.operations.rebuildCatalogue(() => {});
    expect(await sync('a')).not.toMatchObject({ outcome: 'failed' });
    expect((await fetch(`${url}/channels/a/${packages[0]!.href}`)).status).toBe(200);
    expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  },
);
