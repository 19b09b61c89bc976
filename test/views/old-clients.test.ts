import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { invented, startRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createYumClient } from '../support/yum-client.ts';

it('A view with databases is served without them at once, and with them a moment later', async () => {
  const { upstream } = await startRepository({
    packages: ['brook', 'weir', 'sluice'].map((name) => invented(name)),
  });
  const { url, sync } = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'v', from: ['a'], filters: [{ packages: { exclude: ['weir'] } }], sqlite: true },
  ]);
  await sync('a');
  const client = createYumClient(`${url}/channels/v/`, {
    keys: await fetch(`${url}/keys/headwater.asc`).then((r) => r.text()),
  });
  const first = await client.makeCache();
  const types = (m: typeof first) => m.repomd.data.map((d) => d.type);
  const databases = ['primary_db', 'filelists_db', 'other_db'];
  await expect
    .poll(async () => types(await client.makeCache()), { timeout: 30_000, interval: 100 })
    .toEqual(expect.arrayContaining(databases));
  const last = await client.makeCache();
  if (last.timestamp === first.timestamp) expect(types(first)).toEqual(types(last));
  else expect(last.timestamp).toBeGreaterThan(first.timestamp);
  const { href, openChecksum } = last.repomd.data.find((d) => d.type === 'primary_db')!;
  const { body } = await client.get(href);
  client.close();
  const open = gunzipSync(body);
  expect(hash('sha256', open)).toBe(openChecksum!.value);
  const file = join(await temporaryFolder(), 'primary.sqlite');
  await writeFile(file, open);
  const db = new Database(file, { readonly: true });
  const rows = db.prepare('SELECT name, location_href FROM packages ORDER BY name').all();
  const { checksum, dbversion } = db.prepare('SELECT * FROM db_info').get() as {
    checksum: string;
    dbversion: number;
  };
  db.close();
  expect(rows).toEqual(
    last.packages
      .map((p) => ({ name: p.name, location_href: p.location }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
  expect(rows.map((r) => (r as { name: string }).name)).toEqual(['brook', 'sluice']);
  expect(dbversion).toBe(10);
  expect(checksum).toBe(last.repomd.data.find((d) => d.type === 'primary')!.checksum!.value);
});
