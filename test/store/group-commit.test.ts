import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGroupCommit } from '../../src/store/objects/group-commit.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { temporaryFolder } from '../support/app.ts';

/** A file handle that notes what is done with it. */
async function noting(path: string, log: string[]): Promise<FileHandle> {
  const handle = await open(path, 'wx');
  const { sync } = handle;
  await handle.writeFile(path);
  handle.sync = async () => {
    await sync.call(handle);
    log.push('sync');
  };
  return handle;
}

it('syncs all files that came meanwhile before it moves any of them', async () => {
  const folder = await temporaryFolder();
  const log: string[] = [];
  const { promote } = createGroupCommit();
  const place = (i: number) => join(folder, 'objects', String(i % 3), String(i));
  const temporary = (i: number) => join(folder, `t${i}`);
  const handles = await Promise.all([...Array(20).keys()].map((i) => noting(temporary(i), log)));
  const first = promote(handles[0]!, temporary(0), place(0)).then(() => log.push('first'));
  const rest = handles.slice(1).map((h, i) => promote(h, temporary(i + 1), place(i + 1)));
  await Promise.all([first, ...rest.map((p) => p.then(() => log.push('moved')))]);
  expect(log).toEqual(['sync', 'first', ...Array(19).fill('sync'), ...Array(19).fill('moved')]);
  for (let i = 0; i < 20; i++) expect(await readFile(place(i), 'utf8')).toBe(temporary(i));
  expect(await readdir(folder)).toEqual(['objects']);
});

it('fails for the file that cannot be moved, and for no other', async () => {
  const folder = await temporaryFolder();
  const { promote } = createGroupCommit();
  await mkdir(join(folder, 'place/taken'), { recursive: true });
  const [good, bad] = await Promise.all([
    noting(join(folder, 'good'), []),
    noting(join(folder, 'bad'), []),
  ]);
  const results = await Promise.allSettled([
    promote(good, join(folder, 'good'), join(folder, 'place/good')),
    promote(bad, join(folder, 'bad'), join(folder, 'place/taken')),
  ]);
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected']);
  expect(await readdir(join(folder, 'place'))).toEqual(['good', 'taken']);
});

it('puts an object in the place of one that is damaged only where it is told to', async () => {
  const objects = createObjects(dataPaths(await temporaryFolder()));
  const sha256 = await objects.put(Buffer.from('water'));
  const { path } = (await objects.find(sha256))!;
  const damage = await open(path, 'r+');
  await damage.write('w4ter');
  await damage.close();
  await objects.put(Buffer.from('water'));
  expect(await readFile(path, 'utf8')).toBe('w4ter');
  const incoming = await objects.incoming();
  await incoming.write(Buffer.from('water'));
  await incoming.commit({ replace: true });
  expect(await readFile(path, 'utf8')).toBe('water');
});
