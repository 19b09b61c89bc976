import { existsSync } from 'node:fs';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { RebuildResult } from '../../src/server/control/operations.ts';
import { createPlace, until } from '../cli/headwater.ts';
import { damages, objectPaths } from '../mirror/damage.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { served } from '../mirror/served.ts';
import { fixtureCopy, startApp, temporaryFolder } from '../support/app.ts';

const names: Record<string, string> = {
  package: 'SELECT hex(fragment) FROM package p WHERE p.id =',
  advisory: 'SELECT hex(fragment) FROM advisory a WHERE a.id =',
  source: 'SELECT label FROM source s WHERE s.id =',
  stream: 'SELECT hex(document) FROM module_stream m WHERE m.id =',
};

/** Every table of a catalogue, with what ids stand for in their place. */
function content(data: string): Record<string, unknown[]> {
  const db = new Database(join(data, 'catalogue.sqlite'), { readonly: true });
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all() as string[];
  const all: Record<string, unknown[]> = {};
  // Numbers of rows are another catalogue's own; that as many are known is what counts.
  const known = 'SELECT hex(pack) AS pack, sum(count) AS count FROM pack_rows GROUP BY pack';
  all.pack_rows = db
    .prepare(known)
    .all()
    .map((row) => JSON.stringify(row))
    .sort();
  const own = ['pack_rows', 'identity'];
  for (const table of tables.filter((name) => !own.includes(name))) {
    const columns = (db.pragma(`table_info(${table})`) as { name: string; type: string }[])
      .filter(({ name }) => name !== 'id')
      .map(({ name, type }) => {
        if (type === 'BLOB') return `hex("${name}") AS "${name}"`;
        const isId = type === 'INTEGER' && names[name];
        return isId ? `(${names[name]} "${table}"."${name}") AS "${name}"` : `"${name}"`;
      });
    const rows = db.prepare(`SELECT ${columns} FROM "${table}"`).all();
    all[table] = rows.map((row) => JSON.stringify(row)).sort();
  }
  const indexes = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
  all.indexes = db.prepare(indexes).pluck().all().sort();
  db.close();
  return all;
}

const withTime = (minute: number) => 1_700_000_000 + minute * 60;

/** A server with a source that has modules and advisories, and one with three revisions and a sync that failed. */
async function mirrored() {
  const all = ['brook', 'weir', 'sluice', 'eddy'].map((name) => invented(name));
  const { upstream } = await startRepository({ packages: all, advisories: ['A-1'] });
  const data = join(await temporaryFolder(), 'data');
  const sources = [
    { label: 'ol8', upstream: `file:${await fixtureCopy('ol8')}/` },
    { label: 'a', upstream: upstream.url },
  ];
  const test = await startApp(sources, { data });
  await test.sync('ol8');
  await test.sync('a');
  const publish = async (minute: number, packages: typeof all, advisories: string[]) => {
    await writeRepository(upstream.folder, { packages, advisories, time: withTime(minute) });
    return test.sync('a');
  };
  await publish(1, all.slice(1), ['A-1', 'A-2']);
  upstream.fault = (request, response) =>
    request.url!.includes('filelists') && !!response.writeHead(404).end();
  expect(await publish(2, all.slice(3), [])).toMatchObject({ outcome: 'failed' });
  upstream.fault = undefined;
  expect(await publish(3, all.slice(0, 2), ['A-2'])).toMatchObject({ outcome: 'updated' });
  return { ...test, upstream, data, sources, all, publish };
}

it('makes every table again as it was, while the server runs', async () => {
  const { app, url, data, all, publish } = await mirrored();
  const paths = ['repodata/repomd.xml', ...all.map((p) => p.href)];
  const before = content(data);
  const answers = await served(url, 'a', paths);
  // Held from the first revision on, until the second or third, or back with the third.
  expect(new Set(before.membership!.map((m) => /from_revision.*/.exec(String(m))![0])).size).toBe(
    4,
  );
  expect(before.module_artifact!.length).toBeGreaterThan(0);
  expect(before.advisory_package!.length).toBeGreaterThan(0);

  const labels: string[] = [];
  const rebuilding = app.operations.rebuildCatalogue((e) => labels.push(e.label));
  await expect(app.operations.rebuildCatalogue(() => {})).rejects.toMatchObject({
    kind: 'conflict',
  });
  let asked = 0;
  for (let done = false; !done; asked++) {
    done = await Promise.race([
      rebuilding.then(() => true),
      served(url, 'a', paths).then(() => false),
    ]);
    expect(await served(url, 'a', paths)).toEqual(answers);
  }
  expect(asked).toBeGreaterThan(0);
  expect(await rebuilding).toMatchObject({ sources: 2, revisions: 4, skipped: [] });
  expect(labels).toEqual(['a', 'a', 'a', 'ol8']);
  expect(content(data)).toEqual(before);
  expect((await readdir(data)).filter((name) => name.includes('new'))).toEqual([]);
  const checks = await app.operations.doctor();
  expect(checks.filter((c) => c.status === 'failed')).toEqual([]);
  // It is written on.
  expect(await publish(4, all, [])).toMatchObject({ packagesAdded: 2, packagesRemoved: 0 });
});

it('loses nothing where the catalogue was deleted', async () => {
  const { data, sources, close } = await mirrored();
  await close();
  const before = content(data);
  for (const end of ['', '-wal', '-shm']) {
    await rm(join(data, `catalogue.sqlite${end}`), { force: true });
  }
  const again = await startApp(sources, { data });
  expect(content(data)).toEqual(before);
  await again.close();
});

it('takes over what is synced while it is made', async () => {
  const { app, data, all, upstream, sync, url } = await mirrored();
  await writeRepository(upstream.folder, { packages: all, time: withTime(9) });
  const [result] = await Promise.all([sync('a'), app.operations.rebuildCatalogue(() => {})]);
  expect(result).toMatchObject({ outcome: 'updated', packages: 4 });
  await app.operations.rebuildCatalogue(() => {});
  const answers = await served(
    url,
    'a',
    all.map((p) => p.href),
  );
  expect(Object.values(answers).every((a) => a.startsWith('200 '))).toBe(true);
  const checks = await app.operations.doctor();
  expect(checks.filter((c) => c.status === 'failed')).toEqual([]);
  const held = content(data).membership!.filter((m) => String(m).includes('"to_revision":null'));
  expect(held.filter((m) => String(m).includes('"source":"a"'))).toHaveLength(4);
});

it('works without a server, also where the old one is damaged, and leaves out what is lost', async () => {
  const { data, close, sources, upstream } = await mirrored();
  await close();
  const before = content(data);
  const text = `sources: [{ label: ol8, upstream: "${sources[0]!.upstream}" }, { label: a, upstream: "${upstream.url}" }]`;
  const place = await createPlace(text);
  await cp(data, join(place.folder, 'data'), { recursive: true });
  const own = join(place.folder, 'data');
  const good = await place.run('catalogue', 'rebuild');
  expect(good).toMatchObject({ code: 0 });
  expect(good.stdout).toMatch(/^the catalogue was made again: 2 sources, 4 revisions \(/);
  expect(good.stderr).toBe('a: making the catalogue again\nol8: making the catalogue again\n');
  expect(content(own)).toEqual(before);

  await writeFile(join(own, 'catalogue.sqlite'), Buffer.alloc(40_000, 'no database '));
  expect(await place.json<RebuildResult>('catalogue', 'rebuild')).toMatchObject({ code: 0 });
  expect(content(own)).toEqual(before);

  const lost = await objectPaths(own, 'ol8');
  await damages['a lost file'](lost.manifest);
  const { code, value } = await place.json<RebuildResult>('catalogue', 'rebuild');
  expect(code).toBe(1);
  expect(value.skipped).toMatchObject([{ label: 'ol8', revision: 1 }]);
  expect(value.revisions).toBe(3);
});

it('leaves the old one or the new one where the process is killed in the middle', async () => {
  const { data, close, sources, upstream } = await mirrored();
  await close();
  const before = content(data);
  const text = `sources: [{ label: ol8, upstream: "${sources[0]!.upstream}" }, { label: a, upstream: "${upstream.url}" }]`;
  const place = await createPlace(text);
  const own = join(place.folder, 'data');
  await cp(data, own, { recursive: true });
  for (const delay of [0, 80]) {
    const server = await place.serve();
    const rebuilding = place.run('catalogue', 'rebuild');
    await until(() => existsSync(join(own, 'catalogue.new.sqlite')));
    await new Promise((resolve) => setTimeout(resolve, delay));
    await server.stop('SIGKILL');
    await rebuilding;
    const again = await place.serve();
    expect(content(own), `after ${delay} ms`).toEqual(before);
    expect(existsSync(join(own, 'catalogue.new.sqlite'))).toBe(false);
    expect((await fetch(`${again.url}/channels/a/repodata/repomd.xml`)).status).toBe(200);
    await again.stop();
  }
});
