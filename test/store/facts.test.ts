import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createFactsReader } from '../../src/store/catalogue/facts.ts';
import { catalogueMigrations } from '../../src/store/catalogue/migrations.ts';
import { packageInserter } from '../../src/store/catalogue/rows.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { createPackWriter } from '../../src/store/objects/pack.ts';
import { putTree } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openForWriting } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../support/app.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

async function open() {
  const paths = dataPaths(await temporaryFolder());
  const db = openForWriting(paths.catalogue, catalogueMigrations);
  const insertPackage = packageInserter(db);
  const reader = createFactsReader(paths.catalogue);
  onTestFinished(() => {
    reader.close();
    db.close();
  });
  const insert = (name: string, version = '1') =>
    insertPackage(digest(name + version), {
      ...{ name, arch: 'noarch', epoch: '0', version, release: '1', summary: '', base: undefined },
      ...{ checksum: { type: 'sha256', value: 'ab'.repeat(32) }, packageSize: 7, installedSize: 1 },
      ...{ buildTime: 1, location: `${name}.rpm`, sourceRpm: '' },
    });
  return { paths, db, insert, reader, objects: createObjects(paths) };
}

it('Packages are called what they are called, whatever numbers their rows have', async () => {
  const { db, insert, reader } = await open();
  const rows = ['a', 'b', 'c', 'odd\nname'].map((name) => insert(name));
  db.prepare('UPDATE package SET id = 5000 WHERE id = ?').run(rows[2]);
  db.prepare('DELETE FROM package WHERE id = ?').run(rows[0]);
  const lent = reader.lend();
  const names = lent.facts.packages.names([rows[1]!, 5000, rows[3]!]);
  expect([rows[1]!, 5000, rows[3]!].map(names.key)).toEqual([
    'b\nnoarch\n0\n1\n1',
    'c\nnoarch\n0\n1\n1',
    // A line end would make two fields of one.
    'odd name\nnoarch\n0\n1\n1',
  ]);
  expect([...lent.facts.packages.list([5000])]).toEqual([
    {
      row: 5000,
      key: 'c\nnoarch\n0\n1\n1',
      evr: names.evr(rows[1]!),
      file: {
        location: 'c.rpm',
        checksum: { type: 'sha256', value: 'ab'.repeat(32) },
        size: 7,
        name: 'c',
      },
      base: undefined,
    },
  ]);
  lent.close();
});

it('A row that gets another package’s number is read anew', async () => {
  const { db, insert, reader } = await open();
  const row = insert('old');
  const key = () => {
    const { facts, close } = reader.lend();
    const found = facts.packages.names([row]).key(row);
    close();
    return found;
  };
  expect(key()).toMatch(/^old\n/);
  db.prepare('DELETE FROM package').run();
  expect(insert('new')).toBe(row);
  expect(key()).toMatch(/^new\n/);
});

it('A tree’s rows are found by runs, and by the fragments where there are none', async () => {
  const { db, insert, reader, objects } = await open();
  const target = await objects.incoming();
  const writer = createPackWriter((bytes) => target.write(bytes));
  const names = ['a', 'b', 'unreadable', 'c', 'd'];
  for (const name of names) writer.add(Buffer.from(name), digest(`${name}1`).toString('hex'), 1);
  await writer.end();
  const { sha256: pack } = await target.commit();
  for (const name of ['x', 'd', 'c', 'a', 'b']) insert(name);
  db.prepare('INSERT INTO pack_rows VALUES (?, 0, 2, 4)').run(Buffer.from(pack, 'hex'));
  const tree = (...runs: [string, number, number][]) =>
    putTree(objects, { open: '', close: '', runs });
  const { facts, close } = reader.lend();
  const rows = (name: string) => facts.trees(objects, 'package', name);
  expect(await rows(await tree([pack, 0, 2]))).toEqual({
    rows: Uint32Array.of(4, 5),
    unreadable: 0,
  });
  expect(await rows(await tree([pack, 3, 2], [pack, 1, 2], [pack, 1, 1]))).toEqual({
    rows: Uint32Array.of(3, 2, 5, 5),
    unreadable: 1,
  });
  close();
});
